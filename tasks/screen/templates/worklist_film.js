{
  // The open film: its heat, and the tools that go from film to film.
  const tools = document.getElementById("film-tools");
  const heatTools = document.getElementById("heat-tools");
  const strength = document.getElementById("heat-strength");
  const choice = document.getElementById("heat-class");
  let row = null;

  const heats = () => [...row.querySelectorAll("img.heat")];

  /** Show the heat of one class; the script of the live page fetches what is not there yet. */
  const showHeat = (name) => {
    for (const heat of heats()) heat.hidden = heat.dataset.class !== name;
    const said = row.querySelector("[data-part='heat_class']");
    if (said) said.textContent = name;
    document.dispatchEvent(new CustomEvent("heat-shown", { detail: { row, name } }));
  };

  /** The classes of which the open film has heat, the one that shows first. */
  const fillChoice = () => {
    const all = heats();
    heatTools.hidden = all.length === 0;
    choice.replaceChildren(...all.map((heat) => onPage.element("option", {}, heat.dataset.class)));
    const shown = all.find((heat) => !heat.hidden) ?? all[0];
    if (!shown) return;
    choice.value = shown.dataset.class;
    showHeat(choice.value);
  };

  const onOpen = ({ detail: film }) => {
    row = film.row;
    row.querySelector(".row-slot").append(tools);
    tools.hidden = false;
    fillChoice();
    if (row.getBoundingClientRect().bottom > innerHeight) row.scrollIntoView({ block: "start", behavior: "instant" });
  };

  const listen = () => {
    document.addEventListener("film-open", onOpen);
    document.addEventListener("heat-ready", ({ detail }) => {
      if (detail.row === row) fillChoice();
    });
    choice.addEventListener("change", () => showHeat(choice.value));
    strength.addEventListener("input", () => {
      document.documentElement.style.setProperty("--strength", String(Number(strength.value) / 100));
    });
    document.getElementById("film-next").addEventListener("click", () => worklist.step(1));
    document.getElementById("film-previous").addEventListener("click", () => worklist.step(-1));
    document.getElementById("film-close").addEventListener("click", worklist.close);
  };

  listen();
}
