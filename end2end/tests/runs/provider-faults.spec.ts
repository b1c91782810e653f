import type { Page } from '@playwright/test';
import type { Fault } from '../../fixtures/sandbox.ts';
import { type Demo, expect, type Person, test } from '../../fixtures/test.ts';
import { Frame, runOf } from '../../pages/frame.page.ts';
import { RunPage } from '../../pages/run.page.ts';
import { TenantPage } from '../../pages/tenant.page.ts';

// A provider that goes wrong changes what is known of a connection.
test.use({ installation: 'provider faults' });

type Case = {
  what: string;
  fault: Fault;
  check: string;
  reason: string;
  words: string;
  step: string;
  /** The provider said how long to leave it alone; who asks before that is not let through to it. */
  statesWait?: true;
};

const SIGN_IN = 'provider.connection.check';

const CASES: Case[] = [
  {
    what: 'a wrong secret',
    fault: { kind: 'wrong_secret' },
    check: SIGN_IN,
    reason: 'provider_auth_failed',
    words: 'authentication_failed',
    step: 'store the right one here',
  },
  {
    what: 'a missing permission',
    fault: { kind: 'remove_role', role: 'DeviceManagementConfiguration.Read.All' },
    check: 'permissions.intune_configuration',
    reason: 'provider_permission_denied',
    words: 'permission_denied',
    step: 'Grant DeviceManagementConfiguration.Read.All to the application and consent to it',
  },
  {
    what: 'a provider that asks to wait for long',
    fault: { kind: 'status', status: 429, retry_after: '600', route: '/organization' },
    check: SIGN_IN,
    reason: 'provider_throttled',
    words: 'throttled',
    step: 'Verify again in a few minutes.',
    statesWait: true,
  },
  {
    what: 'a provider that is not there',
    fault: { kind: 'reset' },
    check: SIGN_IN,
    reason: 'provider_unreachable',
    words: 'dependency_unreachable',
    step: 'Check that this server can reach the provider',
  },
  {
    what: 'a provider that answers garbage',
    fault: { kind: 'invalid_json', route: '/organization' },
    check: SIGN_IN,
    reason: 'provider_invalid_response',
    words: 'invalid_state',
    step: 'Verify again.',
  },
];

/** Presses a start button on a tenant's page and follows `View run`. */
async function start(operator: Person, tenant: string, button: string): Promise<string> {
  const { page } = operator;
  await operator.goto(`/admin/tenants/${tenant}`);
  await new TenantPage(page).button(button).click();
  const frame = new Frame(page);
  const id = await runOf(frame.viewRun);
  await frame.viewRun.click();
  await expect(page).toHaveURL(RunPage.path(id));
  return id;
}

/** Presses the retry of a run's page and follows the link to the new run. */
async function startAgain(page: Page, ended: string): Promise<string> {
  const { viewRun } = new Frame(page);
  await new RunPage(page).retry.click();
  // A toast of before may still be there.
  await expect(viewRun).toHaveAttribute('href', /.+/);
  await expect(viewRun).not.toHaveAttribute('href', RunPage.path(ended));
  const again = await runOf(viewRun);
  await viewRun.click();
  await expect(page).toHaveURL(RunPage.path(again));
  return again;
}

/** The tenant behind a directory; a directory that asked to be left alone is no other story's. */
async function tenantOf(
  demo: Demo,
  operator: Person,
  place: 'first' | 'second',
): Promise<{ name: string; directory: string; id: string }> {
  const { name, tenant_id } = demo.directory(place);
  return { name, directory: tenant_id, id: await operator.session.tenant(name) };
}

for (const { what, fault, check, reason, words, step, statesWait } of CASES) {
  test(`${what} is named, with what to do, and the run is started again from its page`, async ({ demo, person }) => {
    const operator = await person('operator');
    const { page } = operator;
    const tenant = await tenantOf(demo, operator, statesWait ? 'second' : 'first');
    const mend = await demo.sandbox.break(tenant.directory, fault);
    const failed = await start(operator, tenant.id, 'Verify connection');
    const run = new RunPage(page);
    await expect(run.state).toHaveAttribute('data-state', 'failed', { timeout: 60_000 });
    await expect(run.part('Failures')).toContainText(reason);
    const issue = run.check(check);
    await expect(issue).toHaveAttribute('data-result', 'fail');
    await expect(issue).toContainText(words);
    await expect(issue.getByRole('list', { name: 'Next steps' })).toContainText(step);
    await expect(run.part('Not shown')).toContainText('raw');
    for (const secret of ['client_secret', 'access_token', 'Bearer ', 'AADSTS7000215:']) {
      await expect(page.getByRole('main')).not.toContainText(secret);
    }

    await mend();
    const again = await startAgain(page, failed);
    await expect(run.state).toHaveAttribute('data-state', statesWait ? 'failed' : 'succeeded', { timeout: 60_000 });
    if (statesWait) {
      await expect(run.part('Failures')).toContainText(reason);
      const asked = await demo.sandbox.requestsOf(again);
      expect(asked.filter((entry) => entry.path.includes('/organization'))).toEqual([]);
    }
    await expect(run.part('Related runs').getByRole('link', { name: failed })).toBeVisible();
  });
}

test('a withdrawn consent is seen, stops what needs it, and is found again by the next check', async ({ demo, person }) => {
  const operator = await person('operator');
  const { page } = operator;
  const tenant = await tenantOf(demo, operator, 'first');
  const run = new RunPage(page);
  const connection = page.getByRole('region', { name: 'Provider connection' });
  const mend = await demo.sandbox.break(tenant.directory, { kind: 'consent_revoked' });

  await start(operator, tenant.id, 'Verify connection');
  await expect(run.state).toHaveAttribute('data-state', 'failed', { timeout: 60_000 });
  await expect(run.check('permissions.admin_consent')).toHaveAttribute('data-result', 'fail');
  await operator.goto(`/admin/tenants/${tenant.id}`);
  await expect(connection).toContainText('Not granted');

  const blocked = await start(operator, tenant.id, 'Sync inventory');
  await expect(run.state).toHaveAttribute('data-state', 'blocked');
  await expect(run.refusal).toContainText(`The provider connection of ${tenant.name} has no admin consent`);
  await expect(run.refusal).toContainText('verify the connection');

  await mend();
  await start(operator, tenant.id, 'Verify connection');
  await expect(run.state).toHaveAttribute('data-state', 'succeeded', { timeout: 60_000 });
  await operator.goto(`/admin/tenants/${tenant.id}`);
  await expect(connection).not.toContainText('Not granted');

  await operator.goto(RunPage.path(blocked));
  await startAgain(page, blocked);
  await expect(run.state).toHaveAttribute('data-state', 'succeeded', { timeout: 60_000 });
});
