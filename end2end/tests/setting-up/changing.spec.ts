import { expect, test } from '../../fixtures/test.ts';
import { SettingUp } from '../../pages/setting-up.page.ts';

test.use({ installation: 'setting up' });

test('a refused form says why, and a directory is added once', async ({ demo, person }) => {
  const owner = await person('owner');
  const { page } = owner;
  const settingUp = new SettingUp(page);
  await owner.goto('/admin/tenants/new');
  await settingUp.addTenant('Again', demo.directory('first').tenant_id);
  await expect(settingUp.refusal).toContainText('has a tenant with this directory id already');
  await expect(page).toHaveURL((url) => url.pathname === '/admin/tenants/new');
  // Nothing has to be typed twice, and nothing of it stands in the address.
  await expect(page.getByLabel('Name')).toHaveValue('Again');
  await expect(page.getByLabel('Directory id')).toHaveValue(demo.directory('first').tenant_id);
  expect(page.url()).not.toContain('Again');
  await settingUp.addTenant('Elsewhere', '5ad9bb0f-4f5d-4b11-9d30-9d2d3a8d6a10');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Elsewhere');
  // The next form starts empty.
  await owner.goto('/admin/tenants/new');
  await expect(page.getByLabel('Name')).toHaveValue('');
});

test('a refused password change keeps neither of the two passwords', async ({ person }) => {
  const operator = await person('operator');
  const { page } = operator;
  await operator.goto('/admin/account');
  await page.getByLabel('Current password').fill('not this one at all');
  await page.getByLabel('New password').fill('a new one of some length');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(new SettingUp(page).refusal).toBeVisible();
  // The field that it is about is marked, and says why to whoever comes to it.
  const current = page.getByLabel('Current password');
  await expect(current).toHaveAttribute('aria-invalid', 'true');
  await expect(current).toHaveAccessibleDescription('This is not your current password.');
  await expect(page.getByLabel('New password')).not.toHaveAttribute('aria-invalid');
  await expect(page.getByLabel('New password')).toHaveValue('');
  const kept = (await page.context().cookies()).filter(({ name }) => name.endsWith('-typed'));
  expect(kept).toEqual([]);
});

test('a secret is rotated, a tenant and a workspace are renamed', async ({ demo, person }) => {
  const owner = await person('owner');
  const { page } = owner;
  const settingUp = new SettingUp(page);
  const tenant = await owner.session.tenant(demo.directory('first').name);

  await owner.goto(`/admin/tenants/${tenant}/connection`);
  await settingUp.storeSecret('a~secret~of~its~own');
  await expect(settingUp.notice).toContainText('The credential is stored.');
  expect(await page.content()).not.toContain('a~secret~of~its~own');
  expect(page.url()).not.toContain('secret~of');

  await owner.goto(`/admin/tenants/${tenant}/settings`);
  await settingUp.rename('Contoso renamed');
  await expect(settingUp.notice).toContainText('saved');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Settings of Contoso renamed');

  await owner.goto('/admin/workspace');
  await settingUp.rename('Northwind');
  await expect(page.getByRole('banner')).toContainText('Northwind');
});

test('who comes second to connect a tenant is told so, though the form has gone', async ({ person }) => {
  const owner = await person('owner');
  const { page } = owner;
  const late = await owner.context.newPage();
  await owner.goto('/admin/tenants/new');
  const directory = '0d3a5b52-7d0a-4b3c-9a58-6f2f0f6f8b11';
  await new SettingUp(page).addTenant('Contested', directory);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Contested');
  const tenant = await owner.session.tenant('Contested');
  for (const tab of [page, late]) await tab.goto(`/admin/tenants/${tenant}/connection`);
  const application = {
    display_name: 'Contested',
    tenant_id: directory,
    client_id: '7f1b9d5e-2c44-4a0e-8f57-3a1c0c5d9e21',
    client_secret: 'a~secret~of~its~own',
  };

  await new SettingUp(page).connect(application);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Contested');
  await new SettingUp(late).connect({ ...application, client_id: '0b6f2d6c-6a0c-4f5c-8f0e-1d9a2b7c4e55' });
  await expect(new SettingUp(late).refusal).toHaveText('Contested has a connection already.');
  await expect(late.getByLabel('New client secret')).toBeVisible();
  // Nor does what they typed go into the forms that stand there now.
  await expect(late.getByLabel('Application id')).toHaveValue(application.client_id);
});

test('a second workspace is made by anybody, and is empty', async ({ person }) => {
  const readonly = await person('readonly');
  const { page } = readonly;
  await readonly.goto('/admin/workspaces/new');
  await page.getByLabel('Name').fill('A corner of my own');
  await page.getByRole('button', { name: 'Create workspace' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Tenants');
  await expect(page.getByRole('main')).toContainText('No tenants yet');
  await expect(page.getByRole('banner').getByLabel('Workspace').locator('option:checked')).toHaveText(
    'A corner of my own',
  );
});

test('an invited person makes an account and is a member', async ({ browser, person, problems }) => {
  const owner = await person('owner');
  const { page } = owner;
  await owner.goto('/admin/members');
  await page.getByRole('link', { name: 'Invite them' }).click();
  // The page that is left has an e-mail field too.
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Invitations');
  await page.getByLabel('E-mail').fill('nora@tenantatlas.example');
  await page.getByLabel('Role in the workspace').selectOption({ label: 'Operator' });
  await page.getByRole('button', { name: 'Make invitation' }).click();
  const made = page.getByRole('region', { name: 'The invitation is made' });
  const link = (await made.locator('code').textContent()) ?? '';
  await page.goto('/admin/members/invitations');
  await expect(made).toHaveCount(0);
  await expect(page.getByRole('row').filter({ hasText: 'nora@tenantatlas.example' })).toBeVisible();

  const context = await browser.newContext();
  problems.watch(context);
  const guest = await context.newPage();
  await guest.goto(link);
  await expect(guest.getByRole('heading', { level: 1 })).toContainText('Join');
  await guest.getByLabel('Your name').fill('Nora Lind');
  await guest.getByLabel('Password').fill('copper lantern meadow');
  await guest.getByRole('button', { name: 'Join' }).click();
  await expect(guest.getByRole('banner').getByLabel('Account of Nora Lind')).toBeVisible();
  await expect(guest.getByRole('main')).toContainText('You have no membership in any tenant');
  await context.close();
  await page.reload();
  await expect(page.getByRole('main')).toContainText('None. Invitations that were used');
});
