import type { Locator, Page } from '@playwright/test';

/** `/admin/tenants/verify` and the look at a choice that follows it. */
export class VerifyPage {
  static readonly path = '/admin/tenants/verify';
  readonly #page: Page;
  /** What is expected of each chosen tenant. */
  readonly chosen: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.chosen = page.getByRole('table', { name: 'The chosen tenants' }).locator('tbody tr');
  }

  /** The box of a tenant. */
  box(tenant: string): Locator {
    return this.#page.getByRole('checkbox', { name: tenant });
  }

  /** Chooses tenants and goes on to the look at the choice. */
  async choose(...tenants: string[]): Promise<void> {
    for (const tenant of tenants) {
      await this.box(tenant).check();
    }
    await this.#page.getByRole('button', { name: 'Look at the choice' }).click();
  }

  /** Confirms the choice, and opens the run it led to. */
  async start(label = 'Start verification'): Promise<void> {
    await this.#page.getByRole('button', { name: label }).click();
    await this.#page.getByRole('status').getByRole('link', { name: 'View run' }).click();
  }
}
