// A public client in a page, by oidc-client-ts: code and PKCE; with `dpop` its tokens are bound to a
// key that the browser does not let out. Each button's outcome stands in #told.
const here = `${location.origin}/`
const settings = await (await fetch('/settings.json')).json()
const manager = new oidc.UserManager({
  authority: settings.issuer,
  client_id: settings.client_id,
  redirect_uri: here,
  post_logout_redirect_uri: here,
  scope: 'openid profile',
  loadUserInfo: !settings.dpop, // which it asks for with Bearer alone
  automaticSilentRenew: false,
  dpop: settings.dpop && { store: new oidc.IndexedDbDPoPStore(), bind_authorization_code: true },
})

// Userinfo as a page asks for it by itself.
async function userinfo() {
  const user = await manager.getUser()
  const url = await manager.metadataService.getUserInfoEndpoint()
  const headers = { authorization: `${user.token_type} ${user.access_token}` }
  if (settings.dpop) headers.DPoP = await manager.dpopProof(url, user, 'GET')
  const answer = await fetch(url, { headers })
  const why = answer.headers.get('www-authenticate')
  return { status: answer.status, why, ...(await answer.json()) }
}

const acts = {
  'sign-in': () => manager.signinRedirect(),
  refresh: async () => ({ ...(await manager.signinSilent()) }),
  userinfo,
  revoke: () => manager.revokeTokens(['refresh_token']),
  'sign-out': () => manager.signoutRedirect(),
}

async function act(name, what) {
  const came = await what().catch((error) => ({ failed: `${error}` }))
  document.getElementById('told').textContent = JSON.stringify({ act: name, ...came })
}

for (const [name, what] of Object.entries(acts)) {
  document.getElementById(name).onclick = () => act(name, what)
}
if (new URL(location.href).searchParams.has('code')) {
  await act('callback', async () => ({ ...(await manager.signinCallback()) }))
  history.replaceState(null, '', here)
}
document.body.dataset.ready = 'yes'
