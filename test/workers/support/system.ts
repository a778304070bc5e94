import { systemActor, type Initiator } from '../../../src/kernel/actor';

export const asSystem = (requestId: string): Initiator => ({ actor: systemActor('worker'), requestId });
