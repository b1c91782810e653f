// `@microsoft/microsoft-graph-client` as it is published, against the sandbox over TLS.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { afterEach, test } from 'node:test';

import { control, journal, tenants, token, url } from './sandbox.mjs';

const require = createRequire(import.meta.url);
const {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  GraphError,
  PageIterator,
} = require('@microsoft/microsoft-graph-client');

const [large, , small] = tenants;

async function client(tenant) {
  const own = await token(tenant);
  return Client.initWithMiddleware({
    authProvider: { getAccessToken: async () => own },
    baseUrl: `${url}/`,
    customHosts: new Set([new URL(url).hostname]),
  });
}

async function grant(tenant, role) {
  await control('POST', `tenants/${tenant.tenant_id}/grant`, { role });
}

/** All items from `start` on, and the link the last page ends with. */
async function everything(graph, start) {
  const items = [];
  const iterator = new PageIterator(graph, start, (item) => items.push(item));
  await iterator.iterate();
  return { items, delta: iterator.getDeltaLink() };
}

afterEach(async () => control('DELETE', 'faults'));

test('a collection of 5,000 groups is paged to its end, each group once', async () => {
  const graph = await client(large);
  const first = await graph.api('/groups').select(['id', 'displayName']).top(999).get();
  const { items } = await everything(graph, first);
  assert.equal(items.length, 5000);
  assert.equal(new Set(items.map((group) => group.id)).size, 5000);
});

test('small pages of settings are followed', async () => {
  const graph = await client(large);
  const policies = await graph.api('/deviceManagement/configurationPolicies').version('beta').get();
  const long = policies.value.find((policy) => policy.settingCount > 25);
  const first = await graph
    .api(`/deviceManagement/configurationPolicies/${long.id}/settings`)
    .version('beta')
    .get();
  assert.equal(first.value.length, 25);
  const { items } = await everything(graph, first);
  assert.equal(items.length, long.settingCount);
});

test('a throttled request is sent again when it may be', async () => {
  const graph = await client(small);
  const { next } = await control('GET', 'journal?since=999999999');
  await control('POST', 'faults', {
    kind: 'status',
    status: 429,
    retry_after: '1',
    route: '/organization',
    count: 2,
  });
  const answer = await graph.api('/organization').get();
  assert.equal(answer.value[0].id, small.tenant_id);
  const statuses = (await journal(next)).map((entry) => entry.status);
  assert.deepEqual(statuses, [429, 429, 200]);
});

test('a batch is answered part by part', async () => {
  const graph = await client(small);
  await control('POST', 'faults', { kind: 'status', status: 429, retry_after: '7', route: '/organization' });
  const steps = ['/groups?$top=2', '/organization', '/groups/11111111-2222-4333-8444-555555555555'];
  const content = new BatchRequestContent(
    steps.map((path, at) => ({ id: String(at), request: new Request(`${url}${path}`) })),
  );
  const answer = await graph.api('/$batch').post(await content.getContent());
  const parts = new BatchResponseContent(answer);
  assert.equal((await parts.getResponseById('0').json()).value.length, 2);
  assert.equal(parts.getResponseById('1').status, 429);
  assert.equal(parts.getResponseById('1').headers.get('retry-after'), '7');
  assert.equal(parts.getResponseById('2').status, 404);
});

test('a delta gives everything and then what changed', async () => {
  await grant(small, 'Group.ReadWrite.All');
  const graph = await client(small);
  const first = await graph.api('/groups/delta').select('displayName').get();
  const { items, delta } = await everything(graph, first);
  const { '@odata.count': count } = await graph
    .api('/groups')
    .header('ConsistencyLevel', 'eventual')
    .count(true)
    .top(1)
    .get();
  assert.equal(items.length, count);
  await graph.api(`/groups/${items[0].id}`).patch({ displayName: 'Renamed' });
  const changes = await graph.api(delta).get();
  assert.deepEqual(
    changes.value.map((group) => [group.id, group.displayName]),
    [[items[0].id, 'Renamed']],
  );
});

test('a minimal delta names what changed, and a deleted group comes back', async () => {
  await grant(small, 'Group.ReadWrite.All');
  const graph = await client(small);
  const first = await graph.api('/groups/delta').select('displayName,description').get();
  const { items, delta } = await everything(graph, first);
  const [{ id }] = items;
  await graph.api(`/groups/${id}`).patch({ displayName: 'Renamed again' });
  const minimal = await graph.api(delta).header('Prefer', 'return=minimal').get();
  assert.deepEqual(minimal.value, [{ id, displayName: 'Renamed again' }]);
  await graph.api(`/groups/${id}`).delete();
  await assert.rejects(graph.api(`/groups/${id}`).get(), (error) => error.statusCode === 404);
  const bin = await graph.api('/directory/deletedItems/microsoft.graph.group').get();
  assert.ok(bin.value.some((group) => group.id === id && group.deletedDateTime));
  const restored = await graph.api(`/directory/deletedItems/${id}/restore`).post({});
  assert.equal(restored.displayName, 'Renamed again');
  assert.equal((await graph.api(`/groups/${id}`).get()).displayName, 'Renamed again');
});

test('errors have their code, status and request id', async () => {
  const graph = await client(small);
  const error = async (path, version = 'v1.0') => {
    try {
      await graph.api(path).version(version).get();
    } catch (error) {
      assert.ok(error instanceof GraphError);
      return error;
    }
    return assert.fail('no error');
  };
  const lost = await error('/groups/11111111-2222-4333-8444-555555555555');
  assert.equal(lost.statusCode, 404);
  assert.equal(lost.code, 'Request_ResourceNotFound');
  assert.match(lost.requestId, /^[0-9a-f-]{36}$/);
  await control('POST', 'faults', { kind: 'remove_role', role: 'DeviceManagementConfiguration.Read.All' });
  const refused = await error('/deviceManagement/configurationPolicies', 'beta');
  assert.equal(refused.statusCode, 403);
  assert.equal(refused.code, 'Forbidden');
  assert.match(JSON.parse(refused.message).Message, /DeviceManagementConfiguration\.Read\.All/);
});

test('an object is made, changed, assigned and deleted', async () => {
  await grant(small, 'DeviceManagementConfiguration.ReadWrite.All');
  const graph = await client(small);
  const type = '#microsoft.graph.windows10CustomConfiguration';
  const made = await graph
    .api('/deviceManagement/deviceConfigurations')
    .version('beta')
    .post({ '@odata.type': type, displayName: 'Made by a client', omaSettings: [] });
  const own = graph.api(`/deviceManagement/deviceConfigurations/${made.id}`).version('beta');
  await own.patch({ '@odata.type': type, displayName: 'Changed by a client' });
  assert.equal((await own.get()).displayName, 'Changed by a client');
  const assigned = await graph
    .api(`/deviceManagement/deviceConfigurations/${made.id}/assign`)
    .version('beta')
    .post({ assignments: [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }] });
  assert.equal(assigned.value.length, 1);
  await own.delete();
  await assert.rejects(own.get(), (error) => error.statusCode === 404);
});
