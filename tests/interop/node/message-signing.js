// FAPI 2.0 Message Signing by the plain functions of oauth4webapi: a signed request is pushed, its
// answer comes signed, introspection too (RFC 9701). The provider demands nonces of the proofs.
import * as oauth from 'oauth4webapi'
import { hear, importKey, tell } from './service.js'

const service = await hear()
const insecure = { [oauth.allowInsecureRequests]: true } // plain http on this machine
const issuer = new URL(service.issuer)
const server = await oauth.processDiscoveryResponse(
  issuer,
  await oauth.discoveryRequest(issuer, insecure),
)
const client = { client_id: service.client_id, introspection_signed_response_alg: 'ES256' }
const key = await importKey(service.private_jwk)
const authentication = oauth.PrivateKeyJwt(key)
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256'))

// The first answer brings the nonce; the request is sent again with it.
async function withNonce(send, read) {
  try {
    return await read(await send())
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return read(await send())
  }
}

const verifier = oauth.generateRandomCodeVerifier()
const nonce = oauth.generateRandomNonce()
const state = oauth.generateRandomState()
const request = await oauth.issueRequestObject(
  server,
  client,
  {
    redirect_uri: service.redirect_uri,
    response_type: 'code',
    response_mode: 'jwt',
    scope: service.scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  },
  key,
)
const { request_uri } = await withNonce(
  () =>
    oauth.pushedAuthorizationRequest(
      server,
      client,
      authentication,
      { client_id: client.client_id, request },
      { DPoP, ...insecure },
    ),
  (response) => oauth.processPushedAuthorizationResponse(server, client, response),
)
const url = new URL(server.authorization_endpoint)
url.search = new URLSearchParams({ client_id: client.client_id, request_uri })
tell({ authorization_url: url })

const callback = new URL((await hear()).callback)
const answer = await oauth.validateJwtAuthResponse(server, client, callback, state, insecure)
const tokens = await withNonce(
  () =>
    oauth.authorizationCodeGrantRequest(
      server,
      client,
      authentication,
      answer,
      service.redirect_uri,
      verifier,
      { DPoP, ...insecure },
    ),
  (response) =>
    oauth.processAuthorizationCodeResponse(server, client, response, {
      expectedNonce: nonce,
      requireIdToken: true,
    }),
)
const introspection = await oauth.introspectionRequest(
  server,
  client,
  authentication,
  tokens.access_token,
  insecure,
)
const content_type = introspection.headers.get('content-type')
const introspected = await oauth.processIntrospectionResponse(server, client, introspection)
await oauth.validateApplicationLevelSignature(server, introspection, insecure)
const claims = oauth.getValidatedIdTokenClaims(tokens)
const userinfo = await oauth.processUserInfoResponse(
  server,
  client,
  claims.sub,
  await oauth.userInfoRequest(server, client, tokens.access_token, { DPoP, ...insecure }),
)
tell({ parameters: Object.fromEntries(answer), tokens, claims, userinfo, content_type, introspected })
