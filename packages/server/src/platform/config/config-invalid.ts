/** A setting that cannot be used: which one, why, and what would do. Nothing has been started. */
export class ConfigInvalid extends Error {
  override readonly name = "ConfigInvalid";
  readonly code = "CONFIG_INVALID";
  readonly setting: string;
  constructor(setting: string, message: string) {
    super(`${setting}: ${message}`);
    this.setting = setting;
  }
}
