// A public client: its refresh token rotates, answers again for a moment, and dies when reused.
import * as client from 'openid-client'
import { discover, hear, refusal, tell } from './service.js'

const service = await hear()
const config = await discover(service)
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair())

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
tell({
  authorization_url: client.buildAuthorizationUrl(config, {
    redirect_uri: service.redirect_uri,
    scope: service.scope,
    state: expectedState,
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  }),
})

const { callback } = await hear()
const checks = { pkceCodeVerifier, expectedState }
const first = await client.authorizationCodeGrant(config, new URL(callback), checks, undefined, {
  DPoP,
})
const second = await client.refreshTokenGrant(config, first.refresh_token, undefined, { DPoP })
const again = await client.refreshTokenGrant(config, first.refresh_token, undefined, { DPoP })
const narrowed = await client.refreshTokenGrant(
  config,
  second.refresh_token,
  { scope: 'openid' },
  { DPoP },
)
const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair())
const stolen = await refusal(
  client.refreshTokenGrant(config, narrowed.refresh_token, undefined, { DPoP: other }),
)
const wider = await refusal(
  client.refreshTokenGrant(config, narrowed.refresh_token, { scope: 'openid email' }, { DPoP }),
)
await client.tokenRevocation(config, narrowed.refresh_token)
const revoked = await refusal(
  client.refreshTokenGrant(config, narrowed.refresh_token, undefined, { DPoP }),
)
tell({ first, second, again, narrowed, stolen, wider, revoked, claims: second.claims() })
