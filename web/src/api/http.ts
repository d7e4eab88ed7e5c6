/** Speaking to the services: one way to ask, one way to be told no. */
import { config, type Config } from '../state/config';
import { newId } from '../state/device';
import { identity, signOut } from '../state/identity';

export type Service = keyof Pick<Config, 'catalog' | 'orders' | 'livestream' | 'notify'>;

/** A no, as problem details say it (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly facts: Record<string, unknown>,
    readonly retryAfter: number,
  ) {
    super(String(facts['detail'] ?? code));
  }
}

/** Nobody answered. */
export class Unreachable extends Error {}

export interface Asking {
  method?: string;
  body?: unknown;
  /** The Idempotency-Key of a wish that was asked before; a new one otherwise. */
  key?: string;
  /** The ETag last seen. */
  seen?: string;
  /** The ETag that is known, and for how many seconds to wait for another (RFC 7240). */
  known?: { etag: string; wait: number };
  signal?: AbortSignal;
  accept?: string;
  /** How often it is tried again when nobody answers; a wish keeps its key, so it acts once. */
  tries?: number;
  /** Whether it goes on when the page is left. */
  keepalive?: boolean;
}

export interface Answer<T> {
  data: T;
  etag: string;
}

const PAUSES = [300, 900, 2000];

export async function ask<T>(
  service: Service,
  path: string,
  asking: Asking = {},
): Promise<Answer<T>> {
  const method = asking.method ?? 'GET';
  const headers: Record<string, string> = { Accept: asking.accept ?? 'application/json' };
  if (method !== 'GET') headers['Idempotency-Key'] = asking.key ?? newId();
  if (asking.body !== undefined) headers['Content-Type'] = 'application/json';
  if (asking.seen) headers['If-Match'] = asking.seen;
  if (asking.known) {
    headers['If-None-Match'] = asking.known.etag;
    headers['Prefer'] = `wait=${asking.known.wait}`;
  }
  if (identity.value) headers['Authorization'] = `Bearer ${identity.value.token}`;
  const request: RequestInit = { method, headers, cache: 'no-store' };
  if (asking.keepalive) request.keepalive = true;
  if (asking.body !== undefined) request.body = JSON.stringify(asking.body);
  if (asking.signal) request.signal = asking.signal;
  const tries = asking.tries ?? PAUSES.length;
  for (let tried = 0; ; tried += 1) {
    let wait = PAUSES[Math.min(tried, PAUSES.length - 1)] ?? 2000;
    try {
      const answer = await fetch(`${config[service]}${path}`, request);
      if (answer.status !== 503 || tried >= tries) return await read<T>(answer);
      wait = Math.max(wait, Number(answer.headers.get('Retry-After') ?? 0) * 1000);
    } catch (error) {
      if (error instanceof Problem) throw error;
      if (tried >= tries || !navigator.onLine) throw new Unreachable(String(error));
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

async function read<T>(answer: Response): Promise<Answer<T>> {
  if (answer.ok) {
    const isJson = answer.headers.get('Content-Type')?.includes('json') ?? false;
    const data = answer.status === 204 ? undefined : isJson ? answer.json() : answer.text();
    return { data: (await data) as T, etag: answer.headers.get('ETag') ?? '' };
  }
  let facts: Record<string, unknown> = {};
  try {
    facts = await answer.json();
  } catch {
    /* something between us and the service answered */
  }
  const code = String(facts['type'] ?? '').replace('urn:feira:problem:', '') || 'fault';
  if (code === 'token-invalid') signOut();
  throw new Problem(answer.status, code, facts, Number(answer.headers.get('Retry-After') ?? 0));
}

export async function get<T>(service: Service, path: string): Promise<T> {
  return (await ask<T>(service, path)).data;
}

export async function post<T>(
  service: Service,
  path: string,
  body?: unknown,
  key?: string,
): Promise<T> {
  return (await ask<T>(service, path, { method: 'POST', body, ...(key ? { key } : {}) })).data;
}

/** A resource that this deployment may not have: null where there is none, or not for us. */
export async function getIfThere<T>(service: Service, path: string): Promise<T | null> {
  try {
    return (await ask<T>(service, path, { tries: 0 })).data;
  } catch (error) {
    if (error instanceof Problem && [403, 404, 405].includes(error.status)) return null;
    throw error;
  }
}

/** All items of a list that comes in pages. */
export async function all<T>(service: Service, path: string): Promise<T[]> {
  const items: T[] = [];
  let cursor = '';
  do {
    const more = `${path.includes('?') ? '&' : '?'}limit=100${cursor && `&cursor=${cursor}`}`;
    const page = await get<{ items: T[]; next: string | null }>(service, path + more);
    items.push(...page.items);
    cursor = page.next ? encodeURIComponent(page.next) : '';
  } while (cursor);
  return items;
}
