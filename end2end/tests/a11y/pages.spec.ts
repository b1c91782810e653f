import type { Page } from '@playwright/test';
import { expectAccessible } from '../../fixtures/a11y.ts';
import { expect, hydrated, type Person, test } from '../../fixtures/test.ts';
import { NotificationsPage } from '../../pages/notifications.page.ts';
import { RunPage } from '../../pages/run.page.ts';

type Stop = { what: string; heading: string | RegExp; path(person: Person, tenant: string): Promise<string> | string };

const STOPS: Stop[] = [
  { what: 'tenants', heading: 'Tenants', path: () => '/admin/tenants' },
  { what: 'a tenant', heading: /\S/, path: (_, tenant) => `/admin/tenants/${tenant}` },
  { what: 'operations', heading: 'Operations', path: () => '/admin/operations' },
  {
    what: 'a blocked run',
    heading: /\S/,
    path: async ({ session }) => RunPage.path((await session.runs({ state: 'blocked' }))[0]?.id ?? ''),
  },
  {
    what: 'a run with items',
    heading: 'Inventory sync',
    path: async ({ session }) =>
      RunPage.path(
        (await session.runs({ state: 'partially_succeeded', operation: 'inventory.sync' }))[0]?.id ?? '',
      ),
  },
  { what: 'members', heading: /^Members of/, path: (_, tenant) => `/admin/tenants/${tenant}/members` },
  { what: 'workspace members', heading: /^Members of/, path: () => '/admin/members' },
  { what: 'invitations', heading: /^Invitations to/, path: () => '/admin/members/invitations' },
  { what: 'the workspace', heading: /^Workspace/, path: () => '/admin/workspace' },
  { what: 'a new workspace', heading: 'Create a workspace', path: () => '/admin/workspaces/new' },
  { what: 'a new tenant', heading: 'Add a tenant', path: () => '/admin/tenants/new' },
  { what: 'settings of a tenant', heading: /^Settings of/, path: (_, tenant) => `/admin/tenants/${tenant}/settings` },
  { what: 'a connection', heading: /^Connection of/, path: (_, tenant) => `/admin/tenants/${tenant}/connection` },
  {
    what: 'a draft',
    heading: /\S/,
    path: async ({ session }) => {
      const draft = (await session.tenants()).find((tenant) => tenant.lifecycle === 'draft');
      return `/admin/tenants/${draft?.id ?? ''}`;
    },
  },
  { what: 'schedules', heading: /^Schedules of/, path: (_, tenant) => `/admin/tenants/${tenant}/schedules` },
  { what: 'a new schedule', heading: /^New schedule/, path: (_, tenant) => `/admin/tenants/${tenant}/schedules/new` },
  { what: 'choosing tenants to verify', heading: 'Verify tenants', path: () => '/admin/tenants/verify?all=1' },
  { what: 'the account', heading: 'Your account', path: () => '/admin/account' },
  { what: 'inventory', heading: /\S/, path: (_, tenant) => `/admin/tenants/${tenant}/inventory` },
  { what: 'notifications', heading: 'Notifications', path: () => NotificationsPage.path },
  { what: 'choosing a tenant', heading: 'Choose a tenant', path: () => '/admin/choose-tenant' },
  { what: 'not found', heading: 'Not found', path: () => '/admin/operations/nonsense' },
];

const LOOKS = [
  { look: 'light', width: 1280, scheme: 'light' },
  { look: 'dark', width: 1280, scheme: 'dark' },
  { look: 'light at 320 px', width: 320, scheme: 'light' },
] as const;

/** One page in every look: readable for all, and never wider than its window. */
async function inspect(page: Page, path: string, heading: string | RegExp): Promise<void> {
  for (const { look, width, scheme } of LOOKS) {
    await test.step(look, async () => {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.goto(path);
      await hydrated(page);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
      // What is folded away is a part of the page, too.
      await page.locator('main details').evaluateAll((all) => {
        for (const details of all) (details as HTMLDetailsElement).open = true;
      });
      await expectAccessible(page);
      const excess = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(excess, `${look}: pixels beyond the window`).toBe(0);
    });
  }
}

for (const { what, heading, path } of STOPS) {
  test(`${what} is accessible in light and dark, and fits 320 px`, async ({ demo, person, problems }) => {
    if (what === 'not found') problems.expect(/status of 404/);
    const owner = await person('owner');
    const tenant = await owner.session.tenant(demo.directory('first').name);
    await inspect(owner.page, await path(owner, tenant), heading);
  });
}

test('a connection check with its report is accessible in light and dark, and fits 320 px', async ({
  demo,
  person,
}) => {
  const { session, page } = await person('operator');
  const tenant = await session.tenant(demo.directory('first').name);
  const started = await session.post('run/start', { tenant, operation: 'provider.connection.check' });
  const { run_id } = (await started.json()) as { run_id: string };
  const path = RunPage.path(run_id);
  await page.goto(path);
  // Names of permissions are longer than a small screen is wide.
  await expect(new RunPage(page).part('Verification report')).toContainText('DeviceManagementServiceConfig.Read.All', {
    timeout: 60_000,
  });
  await inspect(page, path, 'Connection check');
});

test('a look at a choice of tenants is accessible in light and dark, and fits 320 px', async ({ person }) => {
  const { page, goto } = await person('owner');
  await goto('/admin/tenants/verify?all=1');
  await page.getByRole('button', { name: 'Look at the choice' }).click();
  await expect(page.getByRole('heading', { name: 'Your choice' })).toBeVisible();
  await expect(page.locator('.outcome', { hasText: 'Blocked' }).first()).toBeVisible();
  await inspect(page, new URL(page.url()).pathname, 'Verify tenants');
});

test('sign-in is accessible in light and dark, and fits 320 px', async ({ page }) => {
  await inspect(page, '/sign-in', 'Sign in');
});

test('a refusal for want of a capability is accessible in light and dark, and fits 320 px', async ({
  person,
  problems,
}) => {
  problems.expect(/status of 403/);
  const { page } = await person('operator');
  await inspect(page, '/admin/members', 'Not allowed');
});

test('notifications with something in them are accessible', async ({ person }) => {
  const { page, goto } = await person('operator');
  await expect(async () => {
    await goto(NotificationsPage.path);
    await expect(page.getByRole('list', { name: 'Notifications' })).toBeVisible({ timeout: 500 });
  }).toPass();
  await expectAccessible(page);
});
