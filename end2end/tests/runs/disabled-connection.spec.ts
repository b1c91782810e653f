import { expect, test } from '../../fixtures/test.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

test.use({ queueWorkers: 0 });

test('a disabled connection keeps the start buttons from being pressed, and says so', async ({ demo, person }) => {
  const { name } = demo.directory('second');
  const manager = await person('manager');
  const operator = await person('operator');
  const tenant = await manager.session.tenant(name);
  const path = `/admin/tenants/${tenant}`;
  await manager.goto(path);
  await new TenantPage(manager.page).disableConnection();
  await operator.goto(path);
  const start = new TenantPage(operator.page).button('Verify connection');
  await expect(start).toBeDisabled();
  const group = operator.page.locator('[data-start="provider.connection.check"] fieldset');
  await expect(group).toHaveAccessibleDescription(
    `The provider connection of ${name} is disabled. A manager or owner of ${name} can enable it.`,
  );
  await new TenantPage(manager.page).enableConnection();
  await operator.goto(path);
  await expect(start).toBeEnabled();
});
