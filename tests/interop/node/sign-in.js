// The authorization code flow with PKCE: tells where to send the person, hears where they came
// back, tells what it learned of them and where to send them to sign out.
import * as client from 'openid-client'
import { discover, hear, importDecryptionKey, tell } from './service.js'

const service = await hear()
const config = await discover(service)
if (service.decryption_jwk) {
  const key = await importDecryptionKey(service.decryption_jwk)
  client.enableDecryptingResponses(config, ['A256GCM'], key)
}

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedNonce = client.randomNonce()
const expectedState = client.randomState()
const authorization_url = client.buildAuthorizationUrl(config, {
  redirect_uri: service.redirect_uri,
  scope: service.scope,
  nonce: expectedNonce,
  state: expectedState,
  max_age: '600',
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
  ...service.parameters,
})
tell({ authorization_url })

const { callback } = await hear()
const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
  pkceCodeVerifier,
  expectedNonce,
  expectedState,
  maxAge: 600,
  idTokenExpected: true,
})
const claims = tokens.claims()
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
const end_session_url = client.buildEndSessionUrl(config, {
  id_token_hint: tokens.id_token,
  post_logout_redirect_uri: service.post_logout_redirect_uri,
  state: expectedState,
})
tell({ state: expectedState, tokens, claims, userinfo, end_session_url })
