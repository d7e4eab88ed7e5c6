/** This device by an opaque name of its own, made at first use and kept. */
export function device(): string {
  const kept = localStorage.getItem('feira.device');
  if (kept) return kept;
  const made = `web-${newId().slice(0, 12)}`;
  localStorage.setItem('feira.device', made);
  return made;
}

/** A new id: a wish's Idempotency-Key, a sale's. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
