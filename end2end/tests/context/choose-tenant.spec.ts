import { expect, test } from '../../fixtures/test.ts';
import { Frame } from '../../pages/frame.page.ts';

test('a page about one tenant leads to the choice of one, and afterwards to its inventory', async ({ demo, person }) => {
  const { name } = demo.directory('first');
  const operator = await person('operator');
  const { page } = operator;
  const tenant = await operator.session.tenant(name);

  await operator.goto('/admin/inventory');
  await expect(page).toHaveURL((url) => url.pathname === '/admin/choose-tenant');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Choose a tenant');
  const archived = page.getByRole('listitem').filter({ hasText: demo.directory('archived').name });
  await expect(archived).toContainText('Cannot be selected');
  await expect(archived.getByRole('button')).toHaveCount(0);

  await page.getByRole('button', { name: `Select ${name}`, exact: true }).click();
  await expect(new Frame(page).tenant.locator('option:checked')).toHaveText(name);
  await expect(page).toHaveURL((url) => url.pathname === `/admin/tenants/${tenant}/inventory`);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('nventory');

  await test.step('a page elsewhere is not gone on to', async () => {
    await operator.goto('/admin/choose-tenant?next=//elsewhere.example/');
    await page.getByRole('button', { name: `Select ${name}`, exact: true }).click();
    await expect(page).toHaveURL((url) => url.pathname === `/admin/tenants/${tenant}`);
  });
});
