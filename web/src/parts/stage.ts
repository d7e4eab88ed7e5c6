/** The stage: the room's video, or what stands in for it. */
import { css, html, nothing, type PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import type { SessionStatus } from '../api/types';
import { t, type Key } from '../i18n/i18n';
import './art';
import { base, Part } from './part';

const SLATES: Partial<Record<SessionStatus, Key>> = {
  scheduled: 'stage.soon',
  approved: 'stage.soon',
  rehearsal: 'stage.soon',
  paused: 'stage.paused',
  ended: 'stage.ended',
  archived: 'stage.ended',
  cancelled: 'stage.cancelled',
};

const TRIED_AGAIN = 10_000;

@customElement('feira-stage')
export class Stage extends Part {
  static override styles = [
    base,
    css`
      :host {
        position: relative;
        overflow: hidden;
        background: radial-gradient(120% 80% at 50% 30%, #14639c, #0a2f52 60%, #06203a);
        color: #fff;
      }
      video {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        object-fit: cover;
      }
      .waves {
        position: absolute;
        inset: 0;
        width: 100%;
        height: 100%;
        opacity: 0.09;
      }
      .middle {
        position: absolute;
        inset: 0 0 var(--stage-below, 34%) 0;
        display: grid;
        place-content: center;
        justify-items: center;
        gap: 1rem;
        text-align: center;
        padding: 4.5rem 1.5rem 1rem;
      }
      feira-art {
        width: min(62vw, 22rem, 34dvh);
        border-radius: 28px;
        box-shadow:
          0 0 0 8px #ffffff1f,
          0 20px 50px #0007;
      }
      .slate {
        font: 700 1.5rem/1.25 var(--serif);
        max-width: 18em;
      }
      button {
        position: absolute;
        inset: auto 1rem 40% auto;
      }
    `,
  ];

  /** Where the video is; without it there is a picture. */
  @property() manifest = '';
  @property() status: SessionStatus = 'live';
  @property() sku = '';
  @property() category = '';
  @query('video') private video!: HTMLVideoElement | null;
  @state() private away = false;
  @state() private muted = true;
  private player: { destroy(): void } | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.player?.destroy();
    this.player = null;
  }

  protected override updated(changed: PropertyValues): void {
    if (['manifest', 'status', 'away'].some((name) => changed.has(name))) void this.play();
  }

  protected override render() {
    const slate = SLATES[this.status];
    const plays = this.manifest && !this.away && !slate;
    return html`<svg class="waves" aria-hidden="true">
        <defs>
          <pattern id="calcada" width="80" height="40" patternUnits="userSpaceOnUse">
            <path d="M0 10q20-20 40 0t40 0v12q-20 20-40 0t-40 0z" fill="#fff" />
          </pattern>
        </defs>
        <rect width="100%" height="100%" fill="url(#calcada)" />
      </svg>
      ${
        plays
          ? html`<video
                playsinline
                autoplay
                .muted=${this.muted}
                aria-label=${t('stage.video')}
              ></video>
              <button class="button small plain" @click=${() => (this.muted = !this.muted)}>
                ${t(this.muted ? 'stage.unmute' : 'stage.mute')}
              </button>`
          : html`<div class="middle">
              ${
                this.sku
                  ? html`<feira-art .sku=${this.sku} .category=${this.category}></feira-art>`
                  : nothing
              }
              ${
                slate
                  ? html`<p class="slate">${t(slate)}</p>`
                  : this.away
                    ? html`<p class="slate">${t('stage.away')}</p>`
                    : nothing
              }
            </div>`
      }`;
  }

  /** HLS as the browser plays it, else with hls.js, which comes only then. */
  private async play(): Promise<void> {
    this.player?.destroy();
    this.player = null;
    const video = this.video;
    if (!video) return;
    const fail = (): void => {
      this.away = true;
      setTimeout(() => (this.away = false), TRIED_AGAIN);
    };
    if (video.canPlayType('application/vnd.apple.mpegurl')) {
      video.src = this.manifest;
      video.onerror = fail;
      return;
    }
    const { default: Hls } = await import('hls.js/light');
    if (!Hls.isSupported() || !video.isConnected) return fail();
    const player = new Hls({ enableWorker: false, lowLatencyMode: true });
    player.on(Hls.Events.ERROR, (_, { fatal }) => fatal && fail());
    player.loadSource(this.manifest);
    player.attachMedia(video);
    this.player = player;
  }
}
