import type { Locator, Page } from '@playwright/test';

/** `/setup/:token`. */
export class SetupPage {
  readonly #page: Page;
  readonly heading: Locator;
  /** What the page says of a try that was refused. */
  readonly refusal: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.heading = page.getByRole('heading', { level: 1, name: 'Set up TenantAtlas' });
    this.refusal = page.getByRole('alert');
  }

  async setUp(person: { name: string; email: string; password: string; workspace: string }): Promise<void> {
    await this.#page.getByLabel('Your name').fill(person.name);
    await this.#page.getByLabel('E-mail').fill(person.email);
    await this.#page.getByLabel('Password').fill(person.password);
    await this.#page.getByLabel('Workspace').fill(person.workspace);
    await this.#page.getByRole('button', { name: 'Set up' }).click();
  }
}
