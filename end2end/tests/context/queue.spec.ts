import { expect, test } from '../../fixtures/test.ts';
import { hydrated } from '../../fixtures/person.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

test.use({ installation: 'queue' });

test('a queue is paused and resumed, and a page that came too late says why its button did nothing', async ({
  demo,
  person,
}) => {
  const { name } = demo.directory('first');
  const owner = await person('owner');
  const { page } = owner;
  const id = await owner.session.tenant(name);
  const path = `/admin/tenants/${id}`;
  const paused = page.getByRole('region', { name: 'Queue' }).filter({ hasText: 'paused this tenant' });
  const line = page.locator(`tr[data-tenant="${id}"]`);

  await owner.goto(path);
  const other = await owner.context.newPage();
  await other.goto(path);
  await hydrated(other);
  // Else it would learn of the pause by itself.
  await other.getByRole('main').getByRole('button', { name: 'Pause updates' }).click();

  await new TenantPage(page).button('Pause queue').click();
  await expect(paused).toBeVisible();
  await owner.goto('/admin/tenants');
  await expect(line).toContainText('Queue paused');

  const refused = other.getByRole('alert').filter({ hasText: /./ });
  await new TenantPage(other).button('Pause queue').click();
  await expect(refused).toContainText('paused already');
  await hydrated(other);
  await expect(refused).toBeVisible();
  await new TenantPage(other).button('Resume queue').click();
  await expect(new TenantPage(other).button('Pause queue')).toBeVisible();
  await expect(refused).toHaveCount(0);
  await owner.goto('/admin/tenants');
  await expect(line).not.toContainText('Queue paused');
});
