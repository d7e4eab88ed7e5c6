/** Who uses the pages: an access token of the issuer, for as long as this tab is open. */
import { Cell } from './cell';

export interface Identity {
  token: string;
  subject: string;
  roles: readonly string[];
  expires: number;
}

const KEPT = 'feira.token';

export const identity = new Cell<Identity | null>(null);

export function signIn(token: string): boolean {
  const read = decode(token);
  if (!read || read.expires <= Date.now()) return false;
  identity.set(read);
  sessionStorage.setItem(KEPT, token);
  return true;
}

export function signOut(): void {
  sessionStorage.removeItem(KEPT);
  identity.set(null);
}

export function has(...roles: string[]): boolean {
  return identity.value?.roles.some((role) => roles.includes(role)) ?? false;
}

/** Take the token from the address (`#token=…`), else the one this tab had. */
export function remember(): void {
  const found = /[#&]token=([^&]+)/.exec(location.hash);
  if (found?.[1]) {
    const rest = location.hash.replace(found[0], '') || '#/';
    history.replaceState(null, '', rest.startsWith('#') ? rest : `#${rest}`);
    signIn(decodeURIComponent(found[1]));
    return;
  }
  const kept = sessionStorage.getItem(KEPT);
  if (kept && !signIn(kept)) signOut();
}

/** Read what a token says; whether it is true is for the services to see. */
function decode(token: string): Identity | null {
  try {
    const [, claims = ''] = token.trim().split('.');
    const bytes = Uint8Array.from(
      atob(claims.replaceAll('-', '+').replaceAll('_', '/')),
      (c) => c.codePointAt(0) ?? 0,
    );
    const { sub, roles, exp } = JSON.parse(new TextDecoder().decode(bytes));
    return { token: token.trim(), subject: String(sub), roles: roles ?? [], expires: exp * 1000 };
  } catch {
    return null;
  }
}
