// Comforts only: every page works without this file. Behaviour hangs on data- attributes; nothing is evaluated.
(function () {
  "use strict";
  var doc = document;
  function each(selector, act, within) { Array.prototype.forEach.call((within || doc).querySelectorAll(selector), act); }
  function typing(target) { return /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable; }

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

  // What to mend is what the eye, and the screen reader, should meet first.
  each("[data-focus]", function (el) { el.focus(); });

  // Sorting, paging and filters replace only the table; the address stays true (hx-push-url).
  doc.addEventListener("htmx:responseError", function (event) { say(event.detail.xhr.status === 0 ? "" : "HTTP " + event.detail.xhr.status); });
})();
