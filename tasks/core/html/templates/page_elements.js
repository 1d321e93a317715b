"use strict";

// Small tools that all scripts of this page share.
const onPage = {
  /** The JSON value of a data element of the page; null if the page has none. */
  data(id) {
    const element = document.getElementById(id);
    return element ? JSON.parse(element.textContent) : null;
  },

  /** A new element. Text becomes a text node, so a file name is never read as markup. */
  element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(name, "");
      else if (value !== false && value !== null) made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  },

  /** Half to even, as Python rounds: the page must not change a number when the script starts. */
  fixed(value, digits) {
    const scaled = value * 10 ** digits;
    // Of the decimals that end in 5, binary numbers hold the odd multiples of 1 / 2^(digits + 1)
    const isTie = Math.abs((value * 2 ** (digits + 1)) % 2) === 1;
    return (isTie ? (2 * Math.round(scaled / 2)) / 10 ** digits : value).toFixed(digits);
  },

  /** A share as text, as `format_number` of the page writes it: a dash if it is undefined. */
  number(value, digits = 2) {
    if (value === null) return "\u2013";
    let text = onPage.fixed(value, digits);
    for (let more = digits + 1; more <= 4 && [0, 1].includes(Number(text)) && value !== Number(text); more += 1) {
      text = onPage.fixed(value, more);
    }
    return Number(text) === 0 ? text.replace("-", "") : text.replace("-", "\u2212");
  },

  count(n, noun) {
    return `${n} ${noun}${n === 1 ? "" : "s"}`;
  },

  /** Whether a key press belongs to a field into which the reader writes. */
  isTyping(event) {
    const target = event.target;
    if (!(target instanceof Element)) return false;
    if (target.matches("textarea, select")) return true;
    return target.matches("input:not([type=range]):not([type=checkbox]):not([type=radio]):not([type=button])");
  },
};
