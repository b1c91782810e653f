import type { Locator, Page } from '@playwright/test';

/** `/admin/operations/:id`. */
export class RunPage {
  readonly #page: Page;
  /** The badge of the run's state. */
  readonly state: Locator;
  /** Why the run is blocked. */
  readonly refusal: Locator;
  /** What is unusual about where the run stands. */
  readonly banner: Locator;
  /** Who wants the run ended, while it is not. */
  readonly cancelling: Locator;
  /** When it is tried again, and why. */
  readonly nextTry: Locator;
  /** The second look before the run is ended. */
  readonly dialog: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.state = page.getByRole('main').locator('[data-state]').first();
    this.refusal = page.getByRole('region', { name: 'Why this run is blocked' });
    this.banner = page.getByRole('region', { name: 'Context' });
    this.cancelling = page.getByRole('region', { name: 'Cancelling' });
    this.nextTry = page.getByRole('region', { name: 'Next try' });
    this.dialog = page.getByRole('dialog');
  }

  static path(id: string): string {
    return `/admin/operations/${id}`;
  }

  /** A fact of the summary. */
  fact(name: string): Locator {
    const summary = this.#page.getByRole('region', { name: 'Summary' });
    return summary.locator('dt').filter({ hasText: new RegExp(`^${name}$`) }).locator('+ dd');
  }

  /** The checks that a decision of the gate found failed. */
  get failedChecks(): Locator {
    const checks = this.#page.getByRole('article').getByRole('list', { name: 'Checks' });
    return checks.locator('[data-result="failed"]');
  }

  /** A check of the verification's report, by its key. */
  check(key: string): Locator {
    return this.part('Verification report').locator(`[data-check="${key}"]`);
  }

  /** Starts the run again, in the name of the person who presses. */
  get retry(): Locator {
    return this.#page.getByRole('button', { name: 'Start again in my name' });
  }

  /** Opens the second look before the run is ended; not a button in itself, so that it works without a script. */
  get cancel(): Locator {
    return this.#page.locator('summary', { hasText: 'Cancel run' });
  }

  /** A part of the page by its heading. */
  part(name: string): Locator {
    return this.#page.getByRole('region', { name });
  }
}
