import type { AttemptView, DeliveryView } from '../../src/model/delivery.ts';
import type { ReceiverView } from '../../src/model/receiver.ts';
import type { AlertView, CaseView, SitrepHeading, SitrepView } from '../../src/model/views.ts';

/** An id that can be told from others at a glance: `idOf(7)` ends in 7. */
export function idOf(number: number): string {
  return `01a1f801-ccf0-7000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function headingView(fields: Partial<SitrepHeading> = {}): SitrepHeading {
  const id = fields.id ?? idOf(1);
  return {
    id,
    parentId: null,
    creator: 'diagnosis',
    comment: 'A power supply unit has been pulled out',
    state: 'current',
    version: 1,
    timeCreated: '2026-11-20T08:10:28.000001Z',
    timeMadeCurrent: '2026-11-20T08:10:28.100001Z',
    timeReleased: null,
    workflowId: `sitrep:${id}`,
    ...fields,
  };
}

export function sitrepView(fields: Partial<SitrepView> = {}): SitrepView {
  return { ...headingView(fields), rendezvous: null, cases: [], ...fields };
}

export function caseView(fields: Partial<CaseView> = {}): CaseView {
  return {
    id: idOf(100),
    engine: 'power_shelf',
    closed: false,
    comment: 'PSU 4 of power shelf 0 was removed',
    createdSitrepId: idOf(1),
    closedSitrepId: null,
    ereports: [],
    alertRequests: [],
    ...fields,
  };
}

export function ereportView(ena = '0x3a1', fields: Partial<CaseView['ereports'][number]> = {}) {
  return {
    restartId: '5f0b3e1c-6a52-4d8e-9c1b-2f7d9a4e8b10',
    ena,
    comment: '',
    assignedSitrepId: idOf(1),
    ereport: null,
    ...fields,
  };
}

export function requestView(id = idOf(200), fields: Partial<CaseView['alertRequests'][number]> = {}) {
  return {
    id,
    class: 'test.foo',
    version: 0,
    payload: {},
    comment: '',
    requestedSitrepId: idOf(1),
    ...fields,
  };
}

export function alertView(fields: Partial<AlertView> = {}): AlertView {
  return {
    id: idOf(200),
    class: 'hardware.power_shelf.psu.remove',
    version: 0,
    payload: { slot: 4 },
    caseId: idOf(100),
    requestedSitrepId: idOf(1),
    timeCreated: '2026-11-20T08:10:28.200001Z',
    timeDispatched: null,
    numDispatched: 0,
    ...fields,
  };
}

export function receiverView(fields: Partial<ReceiverView> = {}): ReceiverView {
  const id = fields.id ?? idOf(300);
  return {
    id,
    name: 'watch',
    endpoint: 'https://watch.example/sitrep',
    description: '',
    enabled: true,
    disabledBecause: null,
    timeDisabled: null,
    failingSince: null,
    subscriptions: ['**'],
    retryDelays: [0, 5, 300],
    timeCreated: '2026-11-20T08:10:28.000001Z',
    timeModified: '2026-11-20T08:10:28.000001Z',
    pending: 0,
    workflowId: `receiver:${id}`,
    ...fields,
  };
}

export function deliveryView(fields: Partial<DeliveryView> = {}): DeliveryView {
  return {
    id: idOf(400),
    receiverId: idOf(300),
    receiver: 'watch',
    alertId: idOf(200),
    trigger: 'alert',
    state: 'pending',
    skippedBecause: null,
    attempts: 1,
    timeCreated: '2026-11-20T08:10:28.300001Z',
    timeDue: '2026-11-20T08:15:28.300001Z',
    timeEnded: null,
    ...fields,
  };
}

export function attemptView(fields: Partial<AttemptView> = {}): AttemptView {
  return {
    number: 1,
    timeStarted: '2026-11-20T08:10:28.300001Z',
    timeEnded: '2026-11-20T08:10:28.342001Z',
    outcome: 'rejected',
    status: 500,
    detail: null,
    ...fields,
  };
}
