/** The frame around all pages: the bar, the page of the address, what is said in passing. */
import { css, html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';

import { locale, LOCALES, NAMES, setLocale, t } from './i18n/i18n';
import type { Locale } from './api/types';
import { load } from './pages/pages';
import { base, Part } from './parts/part';
import { askToSignIn } from './parts/sign-in';
import './parts/toast';
import { has, identity, signOut } from './state/identity';
import { online } from './state/network';
import { place, type Place } from './state/router';

@customElement('feira-app')
export class App extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 100dvh;
      }
      header {
        position: sticky;
        top: 0;
        z-index: 20;
        display: flex;
        align-items: center;
        gap: 0.4rem 0.9rem;
        padding: max(0.5rem, env(safe-area-inset-top)) max(1rem, env(safe-area-inset-right)) 0.5rem
          max(1rem, env(safe-area-inset-left));
        background: var(--deep);
        color: #fff;
      }
      header.over {
        position: fixed;
        inset: 0 0 auto 0;
        background: linear-gradient(#041728d9, #0417288c 70%, transparent);
      }
      .brand {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        font: 700 1.25rem var(--serif);
        color: inherit;
        text-decoration: none;
        min-height: 44px;
      }
      .brand img {
        width: 32px;
        height: 32px;
        border-radius: 9px;
        border: 1px solid #ffffff4d;
      }
      nav {
        display: flex;
        gap: 0.2rem;
        margin-right: auto;
      }
      nav a {
        color: #dbe8f4;
        text-decoration: none;
        padding: 0.6rem 0.6rem;
        border-radius: 10px;
        font-weight: 600;
        font-size: 0.94rem;
        white-space: nowrap;
      }
      nav a[aria-current='page'] {
        color: #fff;
        background: #ffffff24;
      }
      select {
        width: auto;
        min-height: 40px;
        padding: 0.2rem 0.4rem;
        border: 1px solid #ffffff5c;
        background: #0a2f52;
        color: #fff;
        border-radius: 10px;
        font-size: 0.9rem;
      }
      .who {
        min-height: 40px;
        border: 1px solid #ffffff5c;
        background: none;
        color: #fff;
        border-radius: 10px;
        padding: 0.2rem 0.7rem;
        font-size: 0.9rem;
        white-space: nowrap;
        max-width: 9.5rem;
        overflow: hidden;
        text-overflow: ellipsis;
      }
      .initial {
        display: none;
        text-transform: uppercase;
        font-weight: 700;
      }
      .offline {
        padding: 0.5rem 1rem;
        background: #fdf0d0;
        color: #5b3b00;
        font-weight: 600;
        text-align: center;
      }
      main {
        flex: 1;
        display: grid;
        grid-template-columns: minmax(0, 1fr);
      }
      .skip {
        position: absolute;
        left: -999px;
      }
      .skip:focus {
        left: 1rem;
        top: 0.5rem;
        z-index: 30;
        background: #fff;
        padding: 0.5rem 1rem;
        border-radius: 10px;
      }
      .wait {
        width: min(60rem, 92vw);
        height: 60vh;
        margin: 1.5rem auto;
      }
      footer {
        padding: 2rem 1rem max(2rem, env(safe-area-inset-bottom));
        text-align: center;
        font-size: 0.85rem;
        color: var(--muted);
      }
      @media (max-width: 699px) {
        .brand span,
        .who .name {
          display: none;
        }
        .initial {
          display: inline;
        }
        .who {
          min-width: 40px;
          flex: none;
        }
        header {
          gap: 0.4rem 0.5rem;
        }
        nav {
          min-width: 0;
          overflow-x: auto;
          scrollbar-width: none;
        }
        nav a {
          padding: 0.6rem 0.4rem;
        }
        select,
        .brand {
          flex: none;
        }
        header.over nav {
          visibility: hidden;
        }
      }
    `,
  ];

  @state() private loaded = '';
  @state() private failed = false;

  constructor() {
    super();
    this.follow(place, identity, online);
    place.subscribe(() => void this.load());
    void this.load();
  }

  private async load(): Promise<void> {
    const { page } = place.value;
    this.failed = false;
    try {
      await load(page);
      this.loaded = page;
    } catch {
      this.failed = true;
    }
  }

  protected override updated(): void {
    document.title = `${t(`nav.${place.value.page}`)} · Feira`;
  }

  protected override render() {
    const { page } = place.value;
    return html`<header class=${page === 'room' ? 'over' : ''}>
        <a class="skip" href="#main" @click=${this.skip}>${t('skip')}</a>
        <a class="brand" href="#/"
          ><img src="./icon.svg" alt="Feira" /><span aria-hidden="true">Feira</span></a
        >
        <nav aria-label=${t('nav.title')}>${this.links()}</nav>
        <select aria-label=${t('language')} @change=${this.speak}>
          ${LOCALES.map(
            (one) =>
              html`<option value=${one} lang=${one} ?selected=${one === locale.value}>
                ${NAMES[one]}
              </option>`,
          )}
        </select>
        ${
          identity.value
            ? html`<button
                class="who"
                title=${identity.value.subject}
                aria-label="${t('signout')}: ${identity.value.subject}"
                @click=${signOut}
              >
                <span class="initial" aria-hidden="true"
                  >${identity.value.subject.slice(0, 1)}</span
                >
                <span class="name">${identity.value.subject}</span>
              </button>`
            : html`<button class="who" @click=${() => askToSignIn()}>${t('signin')}</button>`
        }
      </header>
      <div role="status">
        ${online.value || page === 'room' ? nothing : html`<p class="offline">${t('offline')}</p>`}
      </div>
      <main id="main" tabindex="-1">${this.page()}</main>
      ${page === 'festival' ? html`<footer>${t('footer')}</footer>` : nothing}
      <feira-sign-in></feira-sign-in>
      <feira-toast></feira-toast>`;
  }

  private links() {
    const { page } = place.value;
    const link = (to: Place['page'], href: string): TemplateResult =>
      html`<a href=${href} aria-current=${to === page ? 'page' : nothing}>${t(`nav.${to}`)}</a>`;
    return html`${link('festival', '#/')}
    ${has('host', 'organiser') ? link('host', '#/host') : nothing}
    ${has('cashier', 'organiser') ? link('till', '#/till') : nothing}`;
  }

  private page() {
    const { page, id } = place.value;
    if (this.failed)
      return html`<div class="wait" role="alert">
        <p>${t('no.unreachable')}</p>
        <button class="button" @click=${this.load}>${t('again')}</button>
      </div>`;
    if (this.loaded !== page) return html`<div class="wait bone" aria-busy="true"></div>`;
    switch (page) {
      case 'room':
        return html`<feira-room .session=${id}></feira-room>`;
      case 'host':
        return html`<feira-host .session=${id}></feira-host>`;
      case 'till':
        return html`<feira-till></feira-till>`;
      case 'festival':
        return html`<feira-festival .festival=${id}></feira-festival>`;
    }
  }

  private speak(event: Event): void {
    void setLocale((event.target as HTMLSelectElement).value as Locale);
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.renderRoot.querySelector<HTMLElement>('#main')?.focus();
  }
}
