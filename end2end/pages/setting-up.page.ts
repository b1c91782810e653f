import type { Locator, Page } from '@playwright/test';
import type { ProviderTenant } from '../fixtures/provider.ts';

/** The pages on which a workspace gets its tenants: forms that post, with a script or without one. */
export class SettingUp {
  readonly #page: Page;
  /** Why a form was not accepted. */
  readonly refusal: Locator;
  /** What a form did. */
  readonly notice: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.refusal = page.getByRole('main').getByRole('alert').filter({ hasText: /\S/ });
    this.notice = page.getByRole('main').getByRole('status').filter({ hasText: /\S/ });
  }

  async addTenant(name: string, directory: string): Promise<void> {
    await this.#page.getByLabel('Name').fill(name);
    await this.#page.getByLabel('Directory id').fill(directory);
    await this.#press('Add tenant');
  }

  async connect({ client_id, client_secret }: ProviderTenant): Promise<void> {
    await this.#page.getByLabel('Application id').fill(client_id);
    await this.#page.getByLabel('Client secret').fill(client_secret);
    await this.#press('Connect');
  }

  async storeSecret(secret: string): Promise<void> {
    await this.#page.getByLabel('New client secret').fill(secret);
    await this.#press('Store secret');
  }

  async rename(name: string): Promise<void> {
    await this.#page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
    await this.#press('Save');
  }

  async #press(label: string): Promise<void> {
    await this.#page.getByRole('main').getByRole('button', { name: label, exact: true }).click();
  }
}
