import type { Locator, Page } from '@playwright/test';

/** `/admin/operations`. */
export class OperationsPage {
  readonly #page: Page;
  readonly rows: Locator;
  readonly filters: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.rows = page.getByRole('main').locator('tr[data-run]');
    this.filters = page.getByRole('search', { name: 'Filter runs' });
  }

  row(run: string): Locator {
    return this.#page.getByRole('main').locator(`tr[data-run="${run}"]`);
  }

  /** Chooses filters by their words and applies them. */
  async narrow(choices: Record<string, string>): Promise<void> {
    for (const [label, choice] of Object.entries(choices)) {
      await this.filters.getByLabel(label, { exact: true }).selectOption({ label: choice });
    }
    await this.filters.getByRole('button', { name: 'Apply' }).click();
  }
}
