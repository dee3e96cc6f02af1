// Keys, time of active work, and symbols while they are typed. Every page works without this script, by mouse or Tab.
(() => {
  "use strict";

  const IDLE_SECONDS = 60;
  const form = document.querySelector("form[data-timed]");

  // --- keys -----------------------------------------------------------------------------------------------------

  const TEXT = 'input:not([type="radio"]):not([type="checkbox"]), textarea, select';
  const switchBox = document.getElementById("single-keys");
  if (switchBox) {
    switchBox.checked = localStorage.getItem("single-keys") !== "off";
    switchBox.addEventListener("change", () => localStorage.setItem("single-keys", switchBox.checked ? "on" : "off"));
  }

  function use(element) {
    const closed = element.closest("details:not([open])");
    if (closed && !element.matches("summary")) closed.open = true;
    if (element.matches(TEXT)) {
      element.focus();
      if (element.matches("input")) element.select();
      return;
    }
    element.focus();
    element.click();
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      if (form && form.offsetParent !== null) {
        event.preventDefault();
        form.requestSubmit();
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    if (event.key === "Escape" && target.matches(TEXT)) {
      target.blur();
      return;
    }
    if (target.matches(TEXT) || (switchBox && !switchBox.checked)) return;
    if (event.key === "Enter" && target.matches("a, button, summary, input")) return;
    if (papers.length && paperKey(event)) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const element = document.querySelector(`[data-key="${CSS.escape(name)}"]`);
    if (element) {
      event.preventDefault();
      use(element);
    }
  });

  // --- documents of a search --------------------------------------------------------------------------------------

  const papers = [...document.querySelectorAll("[data-paper]")];
  let current = -1;

  function goTo(index) {
    if (index < 0 || index >= papers.length) return;
    papers.forEach((paper) => paper.classList.remove("current"));
    current = index;
    papers[current].classList.add("current");
    papers[current].querySelector("fieldset").focus({ preventScroll: true });
    papers[current].scrollIntoView({ block: "nearest" });
  }

  function paperKey(event) {
    const name = event.key.toLowerCase();
    if (name === "j" || name === "k") {
      goTo(current + (name === "j" ? 1 : -1));
      event.preventDefault();
      return true;
    }
    const chosen = current >= 0 && papers[current].querySelector(`[data-paper-key="${CSS.escape(name)}"]`);
    if (!chosen) return false;
    event.preventDefault();
    chosen.click();
    goTo(current + 1);
    return true;
  }

  papers.forEach((paper, index) =>
    paper.addEventListener("focusin", () => {
      if (index !== current) {
        papers.forEach((other) => other.classList.remove("current"));
        paper.classList.add("current");
        current = index;
      }
    }),
  );

  // --- active time: the page is in sight, has the focus, and something was done within the last minute ------------

  if (form) {
    const field = form.elements.namedItem("active");
    const place = `active ${form.getAttribute("action")}`;
    let seconds = Math.max(Number(field.value) || 0, Number(sessionStorage.getItem(place)) || 0);
    let last = performance.now();
    for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "scroll", "touchstart", "focus"]) {
      window.addEventListener(kind, () => { last = performance.now(); }, { passive: true, capture: true });
    }
    setInterval(() => {
      const idle = performance.now() - last > IDLE_SECONDS * 1000;
      if (document.visibilityState !== "visible" || !document.hasFocus() || idle) return;
      seconds += 1;
      sessionStorage.setItem(place, String(seconds));
    }, 1000);
    let sent = false;
    form.addEventListener("submit", (event) => {
      if (sent) {
        event.preventDefault();
        return;
      }
      sent = true;
      field.value = String(seconds);
      sessionStorage.removeItem(place);
    });
    window.addEventListener("pageshow", () => { sent = false; });
  }

  // --- symbols ----------------------------------------------------------------------------------------------------

  const symbols = [...document.querySelectorAll("[data-symbol]")];
  const list = document.getElementById("symbols");

  function showFurther() {
    let free = 0;
    symbols.slice(1).forEach((input) => {
      const shown = input.value || input.getAttribute("aria-invalid") || free === 0;
      input.closest(".field").hidden = !shown;
      if (!input.value) free += 1;
    });
  }

  async function look(input) {
    const place = document.getElementById(`${input.id}-place`);
    const asked = input.value;
    if (!asked.trim()) {
      place.textContent = "";
      return;
    }
    const body = new URLSearchParams({ csrf: form.elements.namedItem("csrf").value, symbol: asked, position: form.action.split("/").at(-2) });
    const answer = await fetch("/symbols", { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok || input.value !== asked) return;
    const found = await answer.json();
    list.replaceChildren(
      ...found.symbols.map((symbol) => {
        const option = document.createElement("option");
        option.value = symbol;
        return option;
      }),
    );
    const none = document.getElementById("not-valid").content.textContent;
    place.textContent = found.way.length ? found.way.join(" › ") : found.symbols.length ? "" : none;
  }

  symbols.forEach((input) => {
    let waiting = 0;
    input.addEventListener("input", () => {
      showFurther();
      clearTimeout(waiting);
      waiting = setTimeout(() => look(input), 120);
    });
    if (input.value) look(input);
  });
  showFurther();

  document.querySelector("[data-focus]")?.focus();
})();
