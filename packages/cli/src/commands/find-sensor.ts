import { isId, type Sensor } from "@tyr/contract";
import type { Api } from "../api.ts";
import { EXIT } from "../exit-codes.ts";
import { CliFailure } from "../failure.ts";
import { visible } from "../output/visible-text.ts";

/** The sensor of this id or name; undefined when there is none. */
export async function findSensor(api: Api, nameOrId: string): Promise<Sensor | undefined> {
  if (isId("sensor", nameOrId)) return await api.call("sensor.get", { params: { id: nameOrId } });
  const { items } = await api.call("sensor.list", {});
  return items.find((sensor) => sensor.name === nameOrId);
}

export async function needSensor(api: Api, nameOrId: string): Promise<Sensor> {
  const sensor = await findSensor(api, nameOrId);
  if (sensor !== undefined) return sensor;
  throw new CliFailure(`there is no sensor ${visible(nameOrId)}`, {
    exit: EXIT.failed,
    fix: "See tyr sensor list, or register it with tyr sensor add.",
  });
}
