// A client acts for itself (RFC 6749 §4.4).
import * as client from 'openid-client'
import { discover, hear, tell } from './service.js'

const service = await hear()
const config = await discover(service)
const keys = service.dpop && (await client.randomDPoPKeyPair())
const DPoP = keys ? client.getDPoPHandle(config, keys) : undefined
tell(await client.clientCredentialsGrant(config, { scope: service.scope }, { DPoP }))
