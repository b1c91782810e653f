import { expect, type Locator, type Page } from '@playwright/test';

/** `/admin/tenants/:id`. */
export class TenantPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The button that starts something. */
  button(label: string): Locator {
    return this.#page.getByRole('button', { name: label, exact: true });
  }

  async disableConnection(): Promise<void> {
    await this.button('Disable connection').click();
    await expect(this.button('Enable connection')).toBeVisible();
  }

  async enableConnection(): Promise<void> {
    await this.button('Enable connection').click();
    await expect(this.button('Disable connection')).toBeVisible();
  }

  async archive(name: string): Promise<void> {
    await this.#page.getByText('Archive tenant', { exact: false }).click();
    const dialog = this.#page.getByRole('dialog', { name: `Archive ${name}` });
    await dialog.getByRole('textbox').fill(name);
    await dialog.getByRole('button', { name: `Archive ${name}` }).click();
    await expect(this.button(`Reactivate ${name}`)).toBeVisible();
  }

  async reactivate(name: string): Promise<void> {
    await this.button(`Reactivate ${name}`).click();
    await expect(this.#page.getByText('Archive tenant', { exact: false })).toBeVisible();
  }
}
