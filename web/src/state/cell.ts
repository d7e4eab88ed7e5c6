/** A value that says when it changes: all state that outlives one component is in such cells. */
import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class Cell<T> {
  private readonly told = new Set<() => void>();

  constructor(private held: T) {}

  get value(): T {
    return this.held;
  }

  set(value: T): void {
    if (Object.is(value, this.held)) return;
    this.held = value;
    for (const tell of [...this.told]) tell();
  }

  subscribe(tell: () => void): () => void {
    this.told.add(tell);
    return () => this.told.delete(tell);
  }
}

/** Renders its host again whenever one of some cells changes. */
export class Watch implements ReactiveController {
  private ends: (() => void)[] = [];

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly cells: readonly Cell<unknown>[],
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.ends = this.cells.map((cell) => cell.subscribe(() => this.host.requestUpdate()));
  }

  hostDisconnected(): void {
    for (const end of this.ends) end();
  }
}
