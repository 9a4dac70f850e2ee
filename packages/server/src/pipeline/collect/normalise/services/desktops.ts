import { accepted, type Form, refused, type Service } from "./form.ts";

/** Remote Desktop on Linux; its session program says who got in. */
const xrdp: Service = {
  name: "xrdp",
  type: "desktop",
  programs: ["xrdp-sesman"],
  shapes: ["[compact]", "[iso]"],
  protocol: "rdp",
};
const realVnc: Service = {
  name: "realvnc",
  type: "desktop",
  programs: ["vncserver-x11", "vncserver-virtual", "Xvnc"],
  protocol: "vnc",
};

/** Remote screens: RDP and VNC. */
export const desktopForms: readonly Form[] = [
  ...accepted(
    xrdp,
    "[INFO ] ++ created session (access granted): username «user», ip «ip» ",
    "(«n»)(«n»)[INFO ] ++ created session (access granted): username «user», ip «ip» ",
    "[INFO ] ++ created session (access granted): username «user», ip «ip»",
  ),
  ...refused(xrdp, "[INFO ] AUTHFAIL: user=«user» ip=«ip» ", "(«n»)(«n»)[INFO ] AUTHFAIL: user=«user» ip=«ip» "),
  ...accepted(realVnc, "Connections: authenticated: «ip» (TCP), as «user» ("),
  ...refused(realVnc, "Connections: disconnected: «ip» (TCP) ([AuthFailure]"),
];
