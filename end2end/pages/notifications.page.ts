import type { Locator, Page } from '@playwright/test';

/** `/admin/notifications`. */
export class NotificationsPage {
  static readonly path = '/admin/notifications';
  readonly #list: Locator;
  readonly heading: Locator;

  constructor(page: Page) {
    this.heading = page.getByRole('heading', { level: 1, name: 'Notifications' });
    this.#list = page.getByRole('list', { name: 'Notifications' });
  }

  /** What was told about a run. */
  of(run: string): Locator {
    return this.#list.getByRole('listitem').filter({ has: this.#list.page().locator(`a[href$="${run}"]`) });
  }
}
