/**
 * Three deployments, and what happens in each of them in a month.
 *
 * @module
 */
import type { Workload } from "./model.ts";

/** One way to build a deployment. */
export interface Variant {
  readonly name: string;
  readonly workload: Workload;
}

/** Something that somebody might build. */
export interface Deployment {
  readonly name: string;
  /** For the reader: what happens, in sentences. */
  readonly assumptions: readonly string[];
  readonly variants: readonly Variant[];
}

const DAYS = 30;
const HOUR = 3_600;
const MONTH = DAYS * 24 * HOUR;
const REPORT_SECONDS = 2;
/** What a channel keeps by default of messages of some 300 bytes. */
const KEPT_BYTES = 300_000;

export const DEPLOYMENTS: readonly Deployment[] = [
  chat(),
  telemetry(),
  notifications(),
];

function chat(): Deployment {
  const users = 1_000;
  const rooms = 50;
  const roomsOfOne = 5;
  const members = (users * roomsOfOne) / rooms;
  const active = DAYS * 8 * HOUR;
  const publishes = (rooms * active * 2) / 60;
  const deliveries = publishes * members;
  const visits = users * 4 * DAYS;
  // Messages, and members that come and go.
  const events = publishes + 2 * visits * roomsOfOne;
  const channels = [
    {
      count: rooms,
      eventsPerSecond: events / rooms / active,
      activeSeconds: active,
      inUse: 1,
      keptBytes: KEPT_BYTES,
    },
  ];
  const rest = { channels, reportSeconds: REPORT_SECONDS };
  return {
    name: "A chat of 1,000 users",
    assumptions: [
      `${rooms} rooms of ${members} members; a user is in ${roomsOfOne} of them`,
      "everybody is there 8 hours a day, and comes back 4 times a day",
      "2 messages a minute in every room; every client acknowledges each",
    ],
    variants: [
      {
        name: "sessions: a socket a user",
        workload: {
          ...rest,
          operations: {
            publishBySession: publishes,
            deliverBySession: deliveries,
            ack: deliveries,
            openSession: visits,
            subscribeBySession: visits * (roomsOfOne - 1),
            disconnect: visits * roomsOfOne,
          },
        },
      },
      {
        name: "direct: a socket a user and room",
        workload: {
          ...rest,
          operations: {
            publish: publishes,
            deliver: deliveries,
            ack: deliveries,
            connect: visits * roomsOfOne,
            resume: visits * roomsOfOne,
            disconnect: visits * roomsOfOne,
          },
        },
      },
    ],
  };
}

function telemetry(): Deployment {
  const devices = 10_000;
  const channelCount = 100;
  const dashboards = 5;
  const publishes = (devices * MONTH) / 10;
  const watched = (publishes * 8) / 24;
  const reconnects = devices * DAYS;
  const workload = (
    operations: Workload["operations"],
    eventsPerSecond: number,
    keptBytes: number,
  ): Workload => ({
    operations: {
      ...operations,
      connect: reconnects,
      disconnect: reconnects,
      deliverBySession: watched * dashboards,
    },
    channels: [
      {
        count: channelCount,
        eventsPerSecond,
        activeSeconds: MONTH,
        inUse: 1,
        keptBytes,
      },
    ],
    reportSeconds: REPORT_SECONDS,
  });
  const perSecond = publishes / channelCount / MONTH;
  return {
    name: "Telemetry of 10,000 devices",
    assumptions: [
      `a reading every 10 s, day and night, to ${channelCount} channels`,
      "devices are on their channel's own path and reconnect once a day",
      `${dashboards} dashboards follow all channels by session, 8 hours a day`,
    ],
    variants: [
      {
        name: "every reading on its own",
        workload: workload({ publish: publishes }, perSecond, KEPT_BYTES),
      },
      {
        name: "gateways that publish arrays of 50",
        workload: workload(
          { publishArray: publishes },
          perSecond / 50,
          KEPT_BYTES,
        ),
      },
      {
        name: "every reading on its own, ephemeral",
        workload: workload({ publishEphemeral: publishes }, perSecond, 0),
      },
    ],
  };
}

function notifications(): Deployment {
  const users = 1_000_000;
  const online = users / 10;
  const shared = 20;
  const visits = users * 3 * DAYS;
  const broadcasts = 10 * DAYS;
  const comingAndGoing = {
    connect: visits,
    resume: visits,
    disconnect: visits,
  };
  const personal = users * 2 * DAYS;
  return {
    name: "1 million notification subscribers",
    assumptions: [
      "one in ten is online at any time; everybody visits 3 times a day and asks for what came `since`",
      "shared channels: 10 notifications a day to everybody, by HTTP to each channel",
      "a channel for each user: 2 notifications a day to each, by HTTP",
    ],
    variants: [
      {
        name: `${shared} shared channels of 50,000 users`,
        workload: {
          operations: {
            ...comingAndGoing,
            publishByHttp: broadcasts * shared,
            deliver: broadcasts * online,
          },
          channels: [
            {
              count: shared,
              eventsPerSecond: (2 * visits) / shared / MONTH,
              activeSeconds: MONTH,
              inUse: 1,
              keptBytes: KEPT_BYTES,
            },
          ],
          reportSeconds: REPORT_SECONDS,
        },
      },
      {
        name: "the same by sessions",
        workload: {
          operations: {
            openSession: visits,
            disconnect: visits,
            publishByHttp: broadcasts * shared,
            deliverBySession: broadcasts * online,
          },
          channels: [
            {
              count: shared,
              eventsPerSecond: (2 * visits) / shared / MONTH,
              activeSeconds: MONTH,
              inUse: 1,
              keptBytes: KEPT_BYTES,
            },
          ],
          reportSeconds: REPORT_SECONDS,
        },
      },
      {
        name: "a channel for each user",
        workload: {
          operations: {
            ...comingAndGoing,
            publishByHttp: personal,
            deliver: personal / 10,
          },
          channels: [
            {
              count: users,
              eventsPerSecond: (2 * visits + personal) / users / MONTH,
              activeSeconds: MONTH,
              inUse: 1 / 10,
              keptBytes: 60 * 300,
            },
          ],
          reportSeconds: REPORT_SECONDS,
        },
      },
    ],
  };
}
