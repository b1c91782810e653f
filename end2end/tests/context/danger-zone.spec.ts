import { expect, test } from '../../fixtures/test.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

test.use({ installation: 'danger zone' });

test('after archiving and taking back, the focus is on the heading', async ({ demo, person }) => {
  const { name } = demo.directory('first');
  const owner = await person('owner');
  const { page } = owner;
  await owner.goto(`/admin/tenants/${await owner.session.tenant(name)}`);
  const tenant = new TenantPage(page);
  const heading = page.getByRole('heading', { level: 1, name });

  await tenant.archive(name);
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(heading).toBeFocused();

  await tenant.reactivate(name);
  await expect(heading).toBeFocused();
});
