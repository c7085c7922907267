// Registers itself (RFC 7591) with the initial access token that it was given, and signs a person
// in with nothing but what it was told in answer.
import * as client from 'openid-client'
import { hear, tell } from './service.js'

const { issuer, initial_access_token, metadata } = await hear()
const posted = metadata.token_endpoint_auth_method === 'client_secret_post'
const proof = posted ? client.ClientSecretPost() : client.ClientSecretBasic() // RFC 7591 §2
const config = await client.dynamicClientRegistration(new URL(issuer), metadata, proof, {
  initialAccessToken: initial_access_token,
  execute: [client.allowInsecureRequests],
})

const pkceCodeVerifier = client.randomPKCECodeVerifier()
const expectedState = client.randomState()
const authorization_url = client.buildAuthorizationUrl(config, {
  redirect_uri: metadata.redirect_uris[0],
  scope: 'openid profile',
  state: expectedState,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
})
tell({ registered: config.clientMetadata(), authorization_url })

const { callback } = await hear()
const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
  pkceCodeVerifier,
  expectedState,
  idTokenExpected: true,
})
const userinfo = await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
tell({ claims: tokens.claims(), userinfo })
