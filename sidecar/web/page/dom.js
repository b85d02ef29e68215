/* Few and small changes of what is shown: a screen reader hears what has changed, and only that. */

export const at = id => document.getElementById(id);

export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function make(name, text = "", kind = "") {
  const node = document.createElement(name);
  node.textContent = text;
  if (kind) node.className = kind;
  return node;
}

/* Children made anew only when what they show is another. */
export function renew(node, shown, children) {
  const key = JSON.stringify(shown);
  if (node.dataset.shown === key) return;
  node.dataset.shown = key;
  node.replaceChildren(...children());
}
