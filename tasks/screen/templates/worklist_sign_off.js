{
  // The reader's verdict of the open film, films sent by the reader, and the corrections as a file.
  const form = document.getElementById("sign-off");
  const part = (name) => document.getElementById(`sign-${name}`);
  const KEYS = { a: "agree", d: "wrong_label", p: "poor_film" };
  let film = null; // as the server tells of it

  const radio = (verdict) => form.querySelector(`[value="${verdict}"]`);

  const chosen = () => form.querySelector(":checked[name='verdict']")?.value ?? "";

  const showClass = () => {
    part("class").hidden = chosen() !== "wrong_label";
  };

  const fill = () => {
    const { signed, call, is_rejected } = film;
    for (const one of form.querySelectorAll("[name='verdict']")) one.checked = one.value === signed?.verdict;
    radio("agree").disabled = is_rejected || call === null;
    radio("wrong_label").disabled = is_rejected;
    part("label").value = signed?.label ?? "";
    for (const option of part("label").options) option.disabled = call !== null && option.value === call;
    part("comment").value = signed?.comment ?? "";
    part("state").textContent = worklistRows.signedWords(film);
    part("undo").hidden = !signed;
    showClass();
  };

  const onOpen = ({ detail: { key, row } }) => {
    film = liveWorklist.films.get(key) ?? null;
    if (!film) return;
    row.querySelector(".row-slot").append(form);
    form.hidden = false;
    fill();
  };

  /** Show what the server made of it, and go on to the next film if this one leaves the list. */
  const onAnswer = (row, words) => {
    const { path } = film;
    const open = worklist.films.get(row.id);
    const place = worklist.shown.indexOf(open);
    const next = worklist.shown[place + 1] ?? worklist.shown[place - 1];
    open.details.open = false;
    liveWorklist.take([row]);
    server.complain("action", "");
    server.say(`${words}: ${path}`);
    const goal = worklist.shown.includes(open) ? open : next;
    if (!goal) return;
    goal.details.open = true;
    worklist.focus(goal);
  };

  const sign = async (event) => {
    event.preventDefault();
    const verdict = chosen();
    const body = {
      initials: part("initials").value.trim(),
      verdict,
      label: verdict === "wrong_label" ? part("label").value : "",
      comment: part("comment").value.trim(),
    };
    const headers = { "Content-Type": "application/json" };
    try {
      const row = await server.json(server.address(film, "/verdict"), { method: "POST", headers, body: JSON.stringify(body) });
      onAnswer(row, "Signed");
    } catch (error) {
      server.report(error);
    }
  };

  const takeBack = async () => {
    const initials = encodeURIComponent(film.signed.initials);
    try {
      onAnswer(await server.json(server.address(film, `/verdict?initials=${initials}`), { method: "DELETE" }), "Taken back");
    } catch (error) {
      server.report(error);
    }
  };

  /** A key chooses the verdict and goes to what is still needed; Enter there signs. */
  const onKey = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || onPage.isTyping(event)) return;
    if (!worklist.field("keys-on").checked || !(event.key in KEYS)) return;
    if (!film || worklist.open()?.key !== film.id) return;
    const choice = radio(KEYS[event.key]);
    if (choice.disabled) return;
    event.preventDefault();
    choice.checked = true;
    showClass();
    const goal = part("initials").value === "" ? part("initials") : event.key === "d" ? part("label") : document.getElementById("sign");
    goal.focus();
  };

  const saveCorrections = async () => {
    try {
      const address = URL.createObjectURL(await (await server.ask("corrections.csv")).blob());
      const link = onPage.element("a", { href: address, download: "lungline-corrections.csv" });
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      server.say("Saved. The file goes into data/corrections/ before the next training.");
    } catch (error) {
      server.report(error);
    }
  };

  const send = async (file) => {
    const headers = { "Content-Type": "application/octet-stream" };
    await server.ask(`films?name=${encodeURIComponent(file.name)}`, { method: "POST", headers, body: file });
  };

  /** Send files one after another; a line for each that the server did not take. */
  const sendAll = async (files) => {
    const failures = [];
    for (const [place, file] of files.entries()) {
      server.say(`Sending file ${place + 1} of ${files.length}: ${file.name}`);
      try {
        await send(file);
      } catch (error) {
        failures.push(`\u2068${file.name}\u2069: ${server.cause(error)}`); // the marks keep a name apart
      }
    }
    return failures;
  };

  const addFilms = async ({ target }) => {
    const files = [...target.files];
    target.value = "";
    server.complain("action", "");
    const failures = await sendAll(files);
    const n = failures.length;
    server.say(`${onPage.count(files.length - n, "file")} of ${files.length} sent.`);
    if (n > 0) server.complain("action", [`Not sent: ${onPage.count(n, "file")} of ${files.length}.`, ...failures].join("\n"));
    document.dispatchEvent(new CustomEvent("films-added"));
  };

  const listen = () => {
    document.addEventListener("film-open", onOpen);
    document.addEventListener("keydown", onKey);
    form.addEventListener("submit", sign);
    form.addEventListener("change", showClass);
    part("undo").addEventListener("click", takeBack);
    document.getElementById("save-corrections").addEventListener("click", saveCorrections);
    document.getElementById("add-films").addEventListener("change", addFilms);
  };

  listen();
}
