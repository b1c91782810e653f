import type { Locator, Page } from '@playwright/test';

/** What is typed into the form of a schedule. */
export type ScheduleForm = { name: string; time: string; zone: string; days?: string[] };

/** The schedules of a tenant, and the page of one. */
export class SchedulesPage {
  readonly page: Page;
  readonly rows: Locator;
  readonly history: Locator;
  readonly notice: Locator;
  readonly refusal: Locator;

  constructor(page: Page) {
    this.page = page;
    const main = page.getByRole('main');
    this.rows = main.locator('[data-schedule]');
    this.history = main.getByRole('region', { name: 'History' }).locator('tbody tr');
    this.notice = main.getByRole('status');
    this.refusal = main.getByRole('alert');
  }

  static path(tenant: string): string {
    return `/admin/tenants/${tenant}/schedules`;
  }

  /** The line of a fact in the summary. */
  fact(name: string): Locator {
    const term = this.page.getByRole('region', { name: 'Summary' }).locator('dt', { hasText: name });
    return term.locator('xpath=following-sibling::dd[1]');
  }

  button(name: string): Locator {
    return this.page.getByRole('main').getByRole('button', { name, exact: true });
  }

  /** Fills the form in and sends it. */
  async send(form: ScheduleForm, label: string): Promise<void> {
    const main = this.page.getByRole('main');
    await main.getByLabel('Name', { exact: true }).fill(form.name);
    await main.getByLabel('Time', { exact: true }).fill(form.time);
    await main.getByLabel('Time zone', { exact: true }).fill(form.zone);
    if (form.days) {
      await main.getByLabel('On these days of the week').check();
      for (const day of form.days) await main.getByLabel(day, { exact: true }).check();
    }
    await this.button(label).click();
  }
}

/** The next whole minute that is far enough away for a form to be sent, as UTC clocks show it. */
export function soon(): string {
  const minute = 60_000;
  const at = new Date(Math.ceil((Date.now() + 20_000) / minute) * minute);
  return at.toISOString().slice(11, 16);
}
