/** Words in four languages, from one message file each; changed without a reload. */
import { Cell } from '../state/cell';
import type { Locale, Text } from '../api/types';

export type Key = keyof typeof import('./en.json');
type Messages = Record<Key, string>;

export const LOCALES: readonly Locale[] = ['pt', 'zh-Hant', 'zh-Hans', 'en'];
export const NAMES: Record<Locale, string> = {
  pt: 'Português',
  'zh-Hant': '繁體中文',
  'zh-Hans': '简体中文',
  en: 'English',
};

/** Whose habits a language follows for numbers and dates: Macau's, the mainland's. */
export const REGION: Record<Locale, string> = {
  pt: 'pt-MO',
  'zh-Hant': 'zh-Hant-MO',
  'zh-Hans': 'zh-Hans-CN',
  en: 'en-GB',
};

const FILES: Record<Locale, () => Promise<{ default: Messages }>> = {
  pt: () => import('./pt.json'),
  'zh-Hant': () => import('./zh-Hant.json'),
  'zh-Hans': () => import('./zh-Hans.json'),
  en: () => import('./en.json'),
};

const KEPT = 'feira.locale';

export const locale = new Cell<Locale>('en');
let messages: Partial<Messages> = {};

export async function setLocale(to: Locale): Promise<void> {
  messages = (await FILES[to]()).default;
  localStorage.setItem(KEPT, to);
  document.documentElement.lang = to;
  locale.set(to);
}

/** The language chosen before, else the browser's first that is one of ours. */
export function preferred(): Locale {
  const kept = localStorage.getItem(KEPT);
  for (const wish of [...(kept ? [kept] : []), ...navigator.languages]) {
    const found = ours(wish);
    if (found) return found;
  }
  return 'en';
}

function ours(tag: string): Locale | null {
  const { language, script, region } = new Intl.Locale(tag).maximize();
  if (language === 'zh' || language === 'yue') {
    const traditional = script ? script === 'Hant' : ['TW', 'HK', 'MO'].includes(region ?? '');
    return traditional ? 'zh-Hant' : 'zh-Hans';
  }
  return language === 'pt' || language === 'en' ? language : null;
}

/** A message, its `{places}` filled. */
export function t(key: Key, places: Record<string, string | number> = {}): string {
  return (messages[key] ?? key).replace(/\{(\w+)\}/g, (_, name: string) =>
    String(places[name] ?? ''),
  );
}

/** A message that may not be there: null then. */
export function tMaybe(key: string): string | null {
  return (messages as Record<string, string | undefined>)[key] ?? null;
}

/** Some text of a service, in the language of now. */
export const said = (text: Text | null | undefined): string => text?.[locale.value] ?? '';
