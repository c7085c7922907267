// FAPI 2.0: the request is pushed, tokens are bound by DPoP or by certificate; with `signing` the
// request and its answer are signed too (JAR, JARM). Then refresh, introspection and revocation.
import * as client from 'openid-client'
import { discover, hear, importKey, refusal, tell } from './service.js'

const service = await hear()
const config = await discover(service)
if (service.signing) client.useJwtResponseMode(config)

// Repeats a request that was refused for its nonce.
async function prove(algorithm) {
  const keys = await client.randomDPoPKeyPair(algorithm)
  return client.getDPoPHandle(config, keys)
}
const DPoP = service.dpop_algorithm && (await prove(service.dpop_algorithm))

// Whoever took the token, with a key or a certificate of their own.
async function steal(access_token) {
  const certificate = service.other_certificate
  const thief = certificate ? await discover({ ...service, certificate }) : config
  await client.fetchUserInfo(thief, access_token, claims.sub, { DPoP: DPoP && (await prove()) })
}

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const expectedNonce = client.randomNonce()
let parameters = {
  redirect_uri: service.redirect_uri,
  scope: service.scope,
  state: expectedState,
  nonce: expectedNonce,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
}
if (service.signing) {
  const key = await importKey(service.private_jwk)
  parameters = (await client.buildAuthorizationUrlWithJAR(config, parameters, key)).searchParams
}
const url = await client.buildAuthorizationUrlWithPAR(config, parameters, { DPoP })
tell({ authorization_url: url })

const { callback } = await hear()
const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true }
const tokens = await client.authorizationCodeGrant(
  config,
  new URL(callback),
  checks,
  undefined,
  { DPoP },
)
const claims = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP })
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })
const introspected = await client.tokenIntrospection(config, refreshed.access_token)
const stolen = await refusal(steal(refreshed.access_token))
await client.tokenRevocation(config, refreshed.refresh_token)
const revoked = await client.tokenIntrospection(config, refreshed.access_token)
tell({ tokens, claims, userinfo, refreshed, introspected, stolen, revoked })
