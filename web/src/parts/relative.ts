const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

// What writes a language costs more to make than to use.
const formats = new Map<string, Intl.RelativeTimeFormat>();

function formatOf(language: string): Intl.RelativeTimeFormat {
  let format = formats.get(language);
  if (!format) {
    format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
    formats.set(language, format);
  }
  return format;
}

// relative says in words how far a time is from now. What is less than a minute away is now: nobody watches seconds.
export function relative(at: number, now: number, language: string): string {
  const seconds = (at - now) / 1000;
  const format = formatOf(language);
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) {
      return format.format(Math.trunc(seconds / length), unit);
    }
  }
  return format.format(0, 'second');
}

// written returns a time as machines read it, undefined if there is no such time: devices say of their readings when they were, and
// may say anything.
export function written(at: string | number): string | undefined {
  const when = new Date(at);
  return Number.isNaN(when.getTime()) ? undefined : when.toISOString();
}
