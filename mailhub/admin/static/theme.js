// Before the first paint: light, dark, or as the system is. Without this script pages are light and everything is open.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  var dark = window.matchMedia("(prefers-color-scheme: dark)");
  function chosen() { try { return localStorage.getItem("theme") || "auto"; } catch (e) { return "auto"; } }
  function apply() {
    var mode = chosen();
    root.setAttribute("data-bs-theme", mode === "auto" ? (dark.matches ? "dark" : "light") : mode);
  }
  window.mailhubTheme = function () {
    var next = root.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", next === (dark.matches ? "dark" : "light") ? "auto" : next); } catch (e) { /* private window */ }
    apply();
    root.setAttribute("data-bs-theme", next);
  };
  dark.addEventListener("change", apply);
  apply();
})();
