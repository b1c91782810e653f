import type { Locator, Page } from '@playwright/test';

/** What stands around every page: selection, bell, person, toasts. */
export class Frame {
  readonly #bar: Locator;
  readonly bell: Locator;
  readonly toast: Locator;
  /** The tenant that is selected. */
  readonly tenant: Locator;

  constructor(page: Page) {
    this.#bar = page.getByRole('banner');
    this.bell = this.#bar.getByRole('link', { name: /^Notifications/ });
    this.toast = page.getByRole('status', { name: 'Messages' });
    this.tenant = this.#bar.getByLabel('Tenant', { exact: true });
  }

  /** The way to the run that the newest toast tells of. */
  get viewRun(): Locator {
    return this.toast.getByRole('link', { name: 'View run' }).last();
  }

  async signOut(): Promise<void> {
    await this.#bar.locator('summary', { hasText: /\S/ }).and(this.#bar.getByLabel(/^Account of/)).click();
    await this.#bar.getByRole('button', { name: 'Sign out' }).click();
  }
}

/** The run that a link leads to. */
export async function runOf(link: Locator): Promise<string> {
  const href = (await link.getAttribute('href')) ?? '';
  const id = href.split('/').at(-1);
  if (!id || !href.startsWith('/admin/operations/')) throw new Error(`"${href}" leads to no run`);
  return id;
}
