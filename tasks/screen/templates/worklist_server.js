// The server of this page: questions with the token, and errors in words.
const server = {
  KEY: "lungline-token",
  token: "",

  /** The token lives as long as the tab, where the browser allows it. */
  recall() {
    try {
      server.token = sessionStorage.getItem(server.KEY) ?? "";
    } catch {
      server.token = ""; // storage is forbidden: the token stays in memory only
    }
  },

  keep(token) {
    server.token = token;
    try {
      if (token) sessionStorage.setItem(server.KEY, token);
      else sessionStorage.removeItem(server.KEY);
    } catch {
      return; // as above
    }
  },

  sentence(text) {
    const shown = String(text ?? "").trim();
    return shown.slice(0, 1).toUpperCase() + shown.slice(1) + (/^$|[.!?]$/.test(shown) ? "" : ".");
  },

  /** What an answer says of its error: text, the parts of a message, or a list of either. */
  words(detail) {
    if (typeof detail === "string") return detail;
    if (Array.isArray(detail)) return detail.map((one) => server.words(one?.msg ?? one)).join("; ");
    if (!detail) return "";
    return [detail.found, detail.rule, detail.next_step].map(server.sentence).join(" ");
  },

  async failure(answer) {
    const body = await answer.json().catch(() => null); // a proxy may answer in HTML
    const text = server.words(body?.detail) || `${answer.status} ${answer.statusText}`;
    const seconds = Number(answer.headers.get("Retry-After"));
    return Object.assign(new Error(text), { status: answer.status, retryAfter: seconds > 0 ? seconds : null });
  },

  /** Ask; an answer of 400 and more is thrown with its words, its status and when to ask again. */
  async ask(path, options = {}) {
    const headers = { ...options.headers };
    if (server.token) headers.Authorization = `Bearer ${server.token}`;
    const answer = await fetch(path, { ...options, headers, cache: "no-store", credentials: "omit" });
    if (!answer.ok) throw await server.failure(answer);
    return answer;
  },

  async json(path, options) {
    return (await server.ask(path, options)).json();
  },

  /** A picture as a data: address: an `img` cannot send the token. */
  async picture(path) {
    const content = await (await server.ask(path)).blob();
    return new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(content);
    });
  },

  address(film, rest = "") {
    return `films/${encodeURIComponent(film.id)}${rest}`;
  },

  say(text) {
    document.getElementById("server-news").textContent = text;
  },

  problems: { list: "", action: "" }, // of asking for films, and of what the reader did last

  /** Show a problem in words; an empty text hides it. */
  complain(kind, text) {
    server.problems[kind] = text;
    const place = document.getElementById("server-error");
    const told = Object.values(server.problems).filter((one) => one !== "").join("\n");
    if (place.textContent === told) return;
    const before = document.documentElement.scrollHeight;
    place.hidden = told === "";
    place.textContent = told;
    // it pushes the rows down and lies over the top of the window: the reader keeps the place
    document.documentElement.style.scrollPaddingTop = `${place.offsetHeight}px`;
    if (scrollY > 0) scrollBy({ top: document.documentElement.scrollHeight - before, behavior: "instant" });
  },

  cause(error) {
    if (error.status === 401) return "The server wants an access token.";
    return error instanceof TypeError ? "The server does not answer." : error.message;
  },

  /** An error of one action of the reader. */
  report(error) {
    if (error.status === 401) server.needToken();
    else server.complain("action", server.cause(error));
  },

  needToken() {
    server.complain("list", "The server wants an access token: enter it at the top of the page.");
    document.getElementById("token-form").hidden = false;
  },
};
