// Grants that a person gives elsewhere: to a device (RFC 8628), or asked by a server (CIBA, poll).
// Tells what was begun, waits for a word that the person was asked, polls, tells the tokens.
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { discover, hear, importKey, refusal, tell } from './service.js'

const service = await hear()
const config = await discover(service)
const keys = await client.randomDPoPKeyPair()
const options = service.dpop ? { DPoP: client.getDPoPHandle(config, keys) } : undefined

async function asked() {
  if (!service.signed) return service.parameters
  const key = await importKey(service.private_jwk)
  const { client_id } = service
  const request = await oauth.issueRequestObject(
    config.serverMetadata(),
    { client_id },
    service.parameters,
    key,
  )
  return { request } // CIBA Core 7.1.1
}

const [begin, poll] = {
  device: [client.initiateDeviceAuthorization, client.pollDeviceAuthorizationGrant],
  ciba: [client.initiateBackchannelAuthentication, client.pollBackchannelAuthenticationGrant],
}[service.grant]

const begun = await begin(config, await asked())
tell(begun)
if ((await hear()).denied) {
  tell({ refused: await refusal(poll(config, begun, undefined, options)) })
} else {
  const tokens = await poll(config, begun, undefined, options)
  const claims = tokens.claims()
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub, options)
  tell({ tokens, claims, userinfo })
}
