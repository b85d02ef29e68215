/* The page's words, which come with it in the reader's language; numbers and times as people write them. */

export const WORDS = JSON.parse(document.documentElement.dataset.words);

export const fill = (text, parts) => text.replace(/\{(\w+)\}/g, (_, name) => parts[name]);

const digits = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
export const whole = value => digits.format(value).replaceAll(",", WORDS.thousands);
const fixed = (value, places) => value.toFixed(places).replace(".", WORDS.decimal);

let skew = 0;
export const now = () => Date.now() + skew;

/* The sidecar's clock is the one that counts. */
export function setClock(iso) {
  skew = Date.parse(iso) - Date.now() || 0;
}

/* In UTC, as in the sidecar's own sentences and mails; with the date when it is not today's. */
export function time(iso) {
  const date = iso.slice(0, 10), today = new Date(now()).toISOString().slice(0, 10);
  return (date === today ? "" : date + " ") + iso.slice(11, 19);
}

export function duration(seconds) {
  let rest = Math.max(0, Math.round(seconds));
  const parts = [];
  for (const [size, name] of [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]]) {
    if (rest >= size || (size === 1 && !parts.length)) parts.push(Math.floor(rest / size) + " " + name);
    rest %= size;
  }
  return parts.slice(0, 2).join(" ");
}

export const ago = iso => duration((now() - Date.parse(iso)) / 1000);

function size(bytes) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let power = 0;
  while (bytes >= 1024 && power < 4) { bytes /= 1024; power += 1; }
  return fixed(bytes, power && bytes < 1000 ? 1 : 0) + " " + units[power];
}

export function quantity(value, unit) {
  if (unit === "bytes") return size(value);
  if (unit === "seconds") return duration(value);
  if (unit === "percent") return fill(WORDS.percent, { number: fixed(value, value < 100 ? 1 : 0) });
  if (unit === "ms") return fixed(value, value < 10 ? 1 : 0) + " ms";
  return value < 10 && value % 1 ? fixed(value, 1) : whole(value);
}

/* Why something is not known, without the word for that. */
export const why = check => (check.output || "").replace(WORDS.because, "");
