// Comforts only: every page works without this file. Behaviour hangs on data- attributes; nothing is evaluated.
(function () {
  "use strict";
  var doc = document;
  function each(selector, act, within) { Array.prototype.forEach.call((within || doc).querySelectorAll(selector), act); }
  function typing(target) {
    if (/^(checkbox|radio|button|submit)$/.test(target.type)) return false; // where j and k lead to
    return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
  }

  doc.addEventListener("click", function (event) {
    var el = event.target.closest("[data-toggle],[data-theme-switch],[data-copy],[data-print],[data-back],[data-all]");
    if (!el) return;
    if (el.hasAttribute("data-toggle")) {
      var part = doc.getElementById(el.getAttribute("data-toggle"));
      el.setAttribute("aria-expanded", String(part.classList.toggle("show")));
    } else if (el.hasAttribute("data-theme-switch")) {
      window.mailhubTheme();
    } else if (el.hasAttribute("data-copy")) {
      var source = doc.getElementById(el.getAttribute("data-copy"));
      var text = "value" in source ? source.value : source.textContent;
      navigator.clipboard.writeText(text.trim()).then(function () { say(el.getAttribute("data-copied")); });
    } else if (el.hasAttribute("data-print")) {
      window.print();
    } else if (el.hasAttribute("data-all")) {
      each("input[name=x]", function (box) { box.checked = el.checked; }, el.closest("form"));
      counted(el.closest("form"));
    }
  });

  // A menu made of <details> closes when one clicks elsewhere, or presses Escape.
  doc.addEventListener("click", function (event) {
    each("details[data-menu][open]", function (menu) { if (!menu.contains(event.target)) menu.open = false; });
  });

  // "Are you sure" before what cannot be taken back; the page that follows asks properly where there is no script.
  doc.addEventListener("submit", function (event) {
    var words = (event.submitter && event.submitter.getAttribute("data-confirm")) || event.target.getAttribute("data-confirm");
    if (words && !window.confirm(words)) event.preventDefault();
  });

  function say(words) {
    if (!words) return;
    var note = doc.createElement("div");
    note.className = "toast-note"; note.setAttribute("role", "status"); note.textContent = words;
    doc.body.appendChild(note);
    setTimeout(function () { note.remove(); }, 3000);
  }

  // Bulk bar: how many rows are ticked.
  function counted(form) {
    if (!form) return;
    var number = form.querySelectorAll("input[name=x]:checked").length;
    each("[data-bulk]", function (bar) { bar.classList.toggle("has-some", number > 0); }, form);
    each("[data-count]", function (el) { el.textContent = String(number); }, form);
  }
  doc.addEventListener("change", function (event) {
    if (event.target.name === "x") counted(event.target.form);
    if (event.target.hasAttribute("data-submit")) event.target.form.requestSubmit();
  });

  // Keys: / search, g + letter, j k rows, x tick, ? map.
  var waiting = false;
  doc.addEventListener("keydown", function (event) {
    if (event.key === "Escape") each("details[data-menu][open]", function (menu) { menu.open = false; menu.querySelector("summary").focus(); });
    // Leave the search as it is; by itself the browser would empty it.
    if (event.key === "Escape" && event.target.hasAttribute("data-search")) { event.preventDefault(); event.target.blur(); }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    var key = event.key;
    if (waiting) {
      waiting = false;
      var link = doc.querySelector('[data-go="' + (/^[a-z]$/.test(key) ? key : "") + '"]');
      if (link) { event.preventDefault(); window.location.assign(link.href); }
    } else if (key === "g") {
      waiting = true; setTimeout(function () { waiting = false; }, 1500);
    } else if (key === "/") {
      var box = doc.querySelector("[data-search]");
      if (box) { event.preventDefault(); box.focus(); box.select(); }
    } else if (key === "?") {
      doc.getElementById("keys").showModal();
    } else if (key === "j" || key === "k") {
      row(key === "j" ? 1 : -1);
    } else if (key === "x") {
      var current = doc.activeElement && doc.activeElement.closest("tr");
      var tick = current && current.querySelector("input[name=x]");
      if (tick) { tick.checked = !tick.checked; counted(tick.form); }
    }
  });
  function row(step) {
    var rows = Array.prototype.slice.call(doc.querySelectorAll("table[data-rows] tbody tr"));
    if (!rows.length) return;
    var at = rows.indexOf(doc.activeElement && doc.activeElement.closest("tr"));
    var to = rows[Math.max(0, Math.min(rows.length - 1, at + step))];
    (to.querySelector("a,input,button") || to).focus();
  }

  // On a phone the filters are folded away; what is set shows as chips.
  function fold() {
    if (window.innerWidth < 768) each("details[data-fold]", function (part) { if (!part.closest(".fields-first")) part.open = false; });
  }
  fold();
  doc.addEventListener("htmx:afterSwap", fold);

  // How long ago, or how soon: the tooltip of a moment, in the page's language.
  doc.addEventListener("pointerover", function (event) {
    var el = event.target.closest && event.target.closest("time[datetime]");
    if (!el || el.title || !window.Intl || !Intl.RelativeTimeFormat) return;
    var seconds = (new Date(el.getAttribute("datetime")) - Date.now()) / 1000, step = [["day", 86400], ["hour", 3600], ["minute", 60]];
    for (var i = 0; i < step.length - 1 && Math.abs(seconds) < step[i][1]; i++);
    if (!isNaN(seconds)) el.title = new Intl.RelativeTimeFormat(doc.documentElement.lang, { numeric: "auto" }).format(Math.round(seconds / step[i][1]), step[i][0]);
  });

  // What to mend is what the eye, and the screen reader, should meet first.
  each("[data-focus]", function (el) { el.focus(); });

  // A file may be dropped on its field; the field itself takes what is dropped, so that the form is as without script.
  each("[data-drop]", function (zone) {
    zone.addEventListener("dragover", function (event) { event.preventDefault(); zone.classList.add("over"); });
    zone.addEventListener("dragleave", function () { zone.classList.remove("over"); });
    zone.addEventListener("drop", function (event) {
      event.preventDefault(); zone.classList.remove("over");
      var field = zone.querySelector("input[type=file]");
      if (event.dataTransfer.files.length) field.files = event.dataTransfer.files;
    });
  });

  // Sorting, paging and filters replace only the table; the address stays true (hx-push-url).
  doc.addEventListener("htmx:responseError", function (event) { say(event.detail.xhr.status === 0 ? "" : "HTTP " + event.detail.xhr.status); });
})();

// Logging in: what may be wrong with a password while it is typed, passkeys, and the lock over a page left alone.
(function () {
  "use strict";
  var doc = document;
  function token() { var field = doc.querySelector("input[name=csrf]"); return field ? field.value : ""; }

  doc.addEventListener("click", function (event) {
    var button = event.target.closest("[data-reveal]");
    if (!button) return;
    var field = doc.getElementById(button.getAttribute("data-reveal")), shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
    field.focus();
  });

  // A Vietnamese input method turns "dd" into "đ" without a word, and a password is not seen.
  function hint(event) {
    var field = event.target.closest && event.target.closest("[data-typed]");
    if (!field) return;
    var text = field.value.normalize("NFC"), says = "";
    if (/[^\x00-\x7f]/.test(text) && /\p{L}/u.test(text.replace(/[\x00-\x7f]/g, ""))) says = field.getAttribute("data-says-vietnamese");
    else if (event.getModifierState && event.getModifierState("CapsLock")) says = field.getAttribute("data-says-caps");
    else if (event.isComposing || event.inputType === "insertCompositionText") says = field.getAttribute("data-says-telex");
    doc.getElementById(field.getAttribute("data-typed")).textContent = says;
  }
  doc.addEventListener("input", hint);
  doc.addEventListener("keyup", function (event) { if (event.key === "CapsLock" || /^[A-Za-z]$/.test(event.key)) hint(event); });

  // The address on a slip's QR code stands behind "#", which browsers send to nobody.
  var slip = doc.querySelector("form[data-slip]");
  if (slip && window.location.hash.length > 1 && !slip.elements.address.value) slip.elements.address.value = decodeURIComponent(window.location.hash.slice(1));
  if (slip && /^\/k\/./.test(window.location.pathname)) window.history.replaceState(null, "", "/k");

  // Passkeys (WebAuthn): the options come from us, the answer goes into the form.
  function octets(text) {
    var raw = window.atob(text.replace(/-/g, "+").replace(/_/g, "/")), made = new Uint8Array(raw.length);
    for (var i = 0; i < raw.length; i++) made[i] = raw.charCodeAt(i);
    return made;
  }
  function words(buffer) {
    var raw = "", bytes = new Uint8Array(buffer);
    for (var i = 0; i < bytes.length; i++) raw += String.fromCharCode(bytes[i]);
    return window.btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }
  function wanted(what, options) {
    options.challenge = octets(options.challenge);
    if (options.user) options.user.id = octets(options.user.id);
    (options.allowCredentials || options.excludeCredentials || []).forEach(function (one) { one.id = octets(one.id); });
    return what === "create" ? navigator.credentials.create({ publicKey: options }) : navigator.credentials.get({ publicKey: options });
  }
  function answer(made) {
    var said = made.response, response = { clientDataJSON: words(said.clientDataJSON) };
    if (said.attestationObject) {
      response.attestationObject = words(said.attestationObject);
      response.transports = said.getTransports ? said.getTransports() : [];
    } else {
      response.authenticatorData = words(said.authenticatorData);
      response.signature = words(said.signature);
    }
    return JSON.stringify({ id: made.id, rawId: words(made.rawId), type: made.type, response: response, clientExtensionResults: {} });
  }
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.hasAttribute("data-passkey") || form.elements.answer.value) return;
    event.preventDefault();
    window.fetch(form.getAttribute("data-options"), { method: "POST", headers: { "X-CSRF-Token": token() } })
      .then(function (got) { if (!got.ok) throw new Error("HTTP " + got.status); return got.json(); })
      .then(function (options) { return wanted(form.getAttribute("data-passkey"), options); })
      .then(function (made) { form.elements.answer.value = answer(made); form.requestSubmit(); })
      .catch(function () { form.querySelector("[data-passkey-says]").textContent = form.getAttribute("data-says-failed"); });
  });

  // The lock: the server locks by itself; this only shows it at once, over a page whose text stays.
  var minutes = Number(doc.body.getAttribute("data-idle-minutes") || 0);
  if (minutes > 0 && window.HTMLDialogElement) {
    var here = Date.now(), told = Date.now(), box = null, asking = false;
    ["keydown", "pointerdown", "wheel", "touchstart"].forEach(function (name) {
      doc.addEventListener(name, function () { if (!box) here = Date.now(); }, { passive: true });
    });
    window.setInterval(function () {
      var now = Date.now();
      if (now - here >= minutes * 60000) show();
      else if (here > told && now - told >= Math.min(300000, minutes * 20000)) { told = now; window.fetch("/alive", { method: "POST", headers: { "X-CSRF-Token": token() } }).then(function (got) { if (got.redirected) show(); }); }
    }, 5000);
    // A part of the page that htmx asks for is answered by the lock, too.
    doc.addEventListener("htmx:beforeOnLoad", function (event) {
      if (event.detail.xhr.getResponseHeader("HX-Redirect") === "/locked" || /^\/locked\?/.test(event.detail.xhr.getResponseHeader("HX-Redirect") || "")) { event.preventDefault(); show(); }
    });
    var show = function () {
      if (box || asking) return;
      asking = true;
      window.fetch("/locked?part=1").then(function (got) { if (got.redirected || !got.ok) throw new Error(); return got.text(); }).then(function (html) {
        box = doc.createElement("dialog");
        box.className = "lock"; box.setAttribute("aria-labelledby", "lock-title"); box.innerHTML = html;
        box.addEventListener("cancel", function (event) { event.preventDefault(); });
        doc.body.appendChild(box);
        box.showModal();
      }).catch(function () { window.location.assign("/login"); }).then(function () { asking = false; });
    };
    doc.addEventListener("submit", function (event) {
      var form = event.target;
      if (!box || !form.hasAttribute("data-unlock") || !box.contains(form)) return;
      event.preventDefault();
      window.fetch("/locked?part=1", { method: "POST", headers: { "X-Unlock": "1" }, body: new URLSearchParams(new FormData(form)) }).then(function (got) {
        if (got.status === 204) { box.remove(); box = null; here = told = Date.now(); return; }
        if (got.redirected) { window.location.assign("/login"); return; }
        return got.text().then(function (html) { box.innerHTML = html; var field = box.querySelector("input[type=password]"); if (field) field.focus(); });
      });
    });
  }
})();
