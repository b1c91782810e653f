import { expect, type Locator, type Page } from '@playwright/test';

/** `/admin/tenants/:id/members`. */
export class MembersPage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  row(person: string): Locator {
    return this.#page.getByRole('row').filter({ has: this.#page.getByRole('rowheader', { name: person }) });
  }

  async setRole(person: string, role: string): Promise<void> {
    const row = this.row(person);
    await row.getByLabel(`Role of ${person}`).selectOption({ label: role });
    await row.getByRole('button', { name: 'Save' }).click();
    await expect(this.#page.getByRole('main').getByRole('status')).toContainText('The role is saved.');
    await expect(row.getByLabel(`Role of ${person}`).locator('option:checked')).toHaveText(role);
  }

  async remove(person: string): Promise<void> {
    await this.row(person).getByText('Remove…').click();
    const dialog = this.#page.getByRole('dialog', { name: `Remove ${person}` });
    await dialog.getByRole('button', { name: `Remove ${person}` }).click();
    await expect(this.row(person)).toHaveCount(0);
  }

  async add(email: string, role: string, person: string): Promise<void> {
    const form = this.#page.getByRole('region', { name: 'Add a member' });
    await form.getByLabel('E-mail').fill(email);
    await form.getByLabel('Role').selectOption({ label: role });
    await form.getByRole('button', { name: 'Add' }).click();
    await expect(this.row(person)).toBeVisible();
  }
}
