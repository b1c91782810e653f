import type { Locator, Page } from '@playwright/test';
import type { Account } from '../fixtures/test.ts';

/** `/sign-in`. */
export class SignInPage {
  readonly #page: Page;
  readonly heading: Locator;
  /** What the page says of a try that was refused. */
  readonly refusal: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.heading = page.getByRole('heading', { level: 1, name: 'Sign in' });
    this.refusal = page.getByRole('alert');
  }

  async try(email: string, password: string): Promise<void> {
    await this.#page.getByLabel('E-mail').fill(email);
    await this.#page.getByLabel('Password').fill(password);
    await this.#page.getByRole('button', { name: 'Sign in' }).click();
  }

  async signIn(account: Account): Promise<void> {
    await this.try(account.email, account.password);
  }
}
