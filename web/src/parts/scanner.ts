/** The device's camera as a scanner, where the browser reads bar codes itself; hidden elsewhere. */
import { css, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';

import { t } from '../i18n/i18n';
import { base, Part } from './part';
import { toast } from './toast';

/** The browser's own reader (Shape Detection API), as far as it is used here. */
interface Reader {
  detect(of: HTMLVideoElement): Promise<{ rawValue: string }[]>;
}

interface Readers {
  new (wish: { formats: string[] }): Reader;
  getSupportedFormats(): Promise<string[]>;
}

const FORMAT = 'ean_13';
const LOOK_EVERY = 150;

@customElement('feira-scanner')
export class Scanner extends Part {
  static override styles = [
    base,
    css`
      :host {
        margin-top: 0.5rem;
      }
      figure {
        position: relative;
        overflow: hidden;
        border-radius: 18px;
        background: #06203a;
        margin-bottom: 0.5rem;
        max-width: 30rem;
      }
      video {
        display: block;
        width: 100%;
        height: min(15rem, 36vh);
        object-fit: cover;
      }
      .line {
        position: absolute;
        inset: 50% 12% auto;
        height: 2px;
        background: #ff6b57;
        box-shadow: 0 0 12px #ff6b57;
      }
      figcaption {
        position: absolute;
        inset: auto 0 0;
        padding: 1.2rem 0.8rem 0.5rem;
        background: linear-gradient(transparent, #041728cc);
        color: #fff;
        font-size: 0.88rem;
        text-align: center;
      }
      svg {
        width: 20px;
        height: 20px;
      }
    `,
  ];

  @state() private reader: Reader | null = null;
  @state() private camera: MediaStream | null = null;
  @query('video') private video!: HTMLVideoElement | null;
  private seen = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly hide = (): void => {
    if (document.hidden) this.stop();
  };

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('visibilitychange', this.hide);
    void this.find();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('visibilitychange', this.hide);
    this.stop();
  }

  /** Whether there is a camera to ask for, and a reader of this kind of code. */
  private async find(): Promise<void> {
    const readers = (window as { BarcodeDetector?: Readers }).BarcodeDetector;
    if (!readers || !navigator.mediaDevices) return;
    const formats = await readers.getSupportedFormats().catch((): string[] => []);
    if (formats.includes(FORMAT)) this.reader = new readers({ formats: [FORMAT] });
  }

  protected override render() {
    if (!this.reader) return nothing;
    if (!this.camera)
      return html`<button class="button small plain" @click=${this.start}>
        <svg viewBox="0 0 24 24" aria-hidden="true" fill="currentColor">
          <path d="M3 5h2v14H3zm4 0h1v14H7zm3 0h3v14h-3zm5 0h1v14h-1zm3 0h3v14h-3z" />
        </svg>
        ${t('till.camera')}
      </button>`;
    return html`<figure>
        <video
          playsinline
          autoplay
          muted
          aria-label=${t('till.camera-view')}
          .srcObject=${this.camera}
        ></video>
        <span class="line"></span>
        <figcaption>${t('till.camera-hint')}</figcaption>
      </figure>
      <button class="button small plain" @click=${this.stop}>${t('till.camera-off')}</button>`;
  }

  private async start(): Promise<void> {
    try {
      this.camera = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: 'environment' },
      });
      await this.updateComplete;
      await this.look();
    } catch {
      toast(t('till.camera-no'));
    }
  }

  private stop(): void {
    clearTimeout(this.timer);
    for (const track of this.camera?.getTracks() ?? []) track.stop();
    this.camera = null;
    this.seen = '';
  }

  /** A code counts once for as long as it is in sight: to count again it is taken away first. */
  private async look(): Promise<void> {
    const { reader, video } = this;
    if (!this.camera || !reader || !video) return;
    // Until there is a picture a reader refuses to look.
    const [found] = await reader.detect(video).catch(() => []);
    const code = found?.rawValue ?? '';
    if (code && code !== this.seen && this.camera) this.tell('scanned', code);
    this.seen = code;
    if (this.camera) this.timer = setTimeout(() => void this.look(), LOOK_EVERY);
  }
}
