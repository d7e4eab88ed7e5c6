/** What is really seen of a page: half of it in view for a whole second (MRC, IAB: viewable). */
import { ask } from '../api/http';
import { device } from './device';

const HALF = 0.5;
const LONG_ENOUGH = 1000;
const GATHERED_FOR = 1000;

/** Tells what is seen on one visit of a page, each once, some at a time. */
export class Sightings {
  private readonly ids = new WeakMap<Element, string>();
  private readonly inView = new Map<Element, ReturnType<typeof setTimeout> | undefined>();
  private readonly seen = new Set<string>();
  private unsaid: string[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly observer = new IntersectionObserver((entries) => entries.forEach(this.look), {
    threshold: HALF,
  });

  constructor(private readonly tell: (ids: readonly string[]) => void) {
    document.addEventListener('visibilitychange', this.turn);
    addEventListener('pagehide', this.say);
  }

  /** Look whether *element* is seen, which stands for *id*. */
  watch(element: Element, id: string): void {
    if (this.ids.has(element)) return;
    this.ids.set(element, id);
    this.observer.observe(element);
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.turn);
    removeEventListener('pagehide', this.say);
    this.observer.disconnect();
    for (const timer of this.inView.values()) clearTimeout(timer);
    this.say();
  }

  private readonly look = ({ target, intersectionRatio }: IntersectionObserverEntry): void => {
    clearTimeout(this.inView.get(target));
    if (intersectionRatio >= HALF) this.inView.set(target, this.count(target));
    else this.inView.delete(target);
  };

  /** Nobody sees a page that is hidden; what is in view when it is shown again begins anew. */
  private readonly turn = (): void => {
    for (const [target, timer] of this.inView) {
      clearTimeout(timer);
      this.inView.set(target, this.count(target));
    }
  };

  private count(target: Element): ReturnType<typeof setTimeout> | undefined {
    return document.hidden ? undefined : setTimeout(() => this.has(target), LONG_ENOUGH);
  }

  private has(target: Element): void {
    const id = this.ids.get(target);
    this.observer.unobserve(target);
    this.inView.delete(target);
    if (id === undefined || this.seen.has(id)) return;
    this.seen.add(id);
    this.unsaid.push(id);
    this.timer ??= setTimeout(this.say, GATHERED_FOR);
  }

  private readonly say = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.unsaid.length) this.tell(this.unsaid.splice(0));
  };
}

/** Tell livestream once, without waiting: what is lost is lost, and nobody is told. */
export function report(path: string, what: object): void {
  const body = { viewer: device(), ...what };
  ask('livestream', path, { method: 'POST', body, tries: 0, keepalive: true }).catch(
    () => undefined,
  );
}
