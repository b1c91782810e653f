// What the tests know of the sandbox they were pointed at: its first line of JSON, and its control API.
const { url, tenants } = JSON.parse(process.env.TENANT_ATLAS_SANDBOX);

export { url, tenants };

export async function control(method, path, body) {
  const response = await fetch(`${url}/_sandbox/${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

export async function token(tenant) {
  const response = await fetch(`${url}/${tenant.tenant_id}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: tenant.client_id,
      client_secret: tenant.client_secret,
      scope: 'https://graph.microsoft.com/.default',
    }),
  });
  return (await response.json()).access_token;
}

/** The requests that came after `since`, without those for tokens. */
export async function journal(since) {
  const { entries } = await control('GET', `journal?since=${since}`);
  return entries.filter((entry) => !entry.path.includes('/oauth2/'));
}
