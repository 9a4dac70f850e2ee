import { accepted, type Form, lines, refused, says, unknownUser, type Service } from "./form.ts";

const vsftpd: Service = { name: "vsftpd", type: "file", shapes: ["ctime"], protocol: "ftp" };
const proftpd: Service = { name: "proftpd", type: "file", programs: ["proftpd"], shapes: ["iso"], protocol: "ftp" };
const pureFtpd: Service = { name: "pure-ftpd", type: "file", programs: ["pure-ftpd"], protocol: "ftp" };
const samba: Service = { name: "samba", type: "file", programs: ["smb", "smbd", "smbd_audit"], protocol: "smb" };

/** What the module `full_audit` writes of each operation; its prefix is the operator's to choose. */
const audited = (action: string, access: string): ReturnType<typeof says> =>
  says(["log", action, "file"], { outcome: "success", ecs: { "smb.access": access } });

/** File servers: FTP and SMB. */
export const fileForms: readonly Form[] = [
  ...refused(vsftpd, '[pid «n»] [«login»] FAIL LOGIN: Client "«ip»"'),
  ...accepted(vsftpd, '[pid «n»] [«login»] OK LOGIN: Client "«ip»"'),
  ...lines(
    vsftpd,
    says(["payload", "file.upload", "file"], { outcome: "success", severity: "low" }),
    '[pid «n»] [«login»] OK UPLOAD: Client "«ip»", "«url»", ',
  ),
  ...lines(
    vsftpd,
    says(["payload", "file.download", "file"], { outcome: "success" }),
    '[pid «n»] [«login»] OK DOWNLOAD: Client "«ip»", "«url»", ',
  ),
  ...refused(
    proftpd,
    "«w» proftpd[«n»] «w» («*»[«ip»]): USER «user» (Login failed): «reason»",
    "«w» («*»[«ip»]): USER «user» (Login failed): «reason»",
    "«w» («*»[«ip»]) - USER «user» (Login failed): «reason»",
  ),
  ...unknownUser(
    proftpd,
    "«w» proftpd[«n»] «w» («*»[«ip»]): USER «user»: no such user found from",
    "«w» («*»[«ip»]) - USER «user»: no such user found from",
  ),
  ...accepted(
    proftpd,
    "«w» («*»[«ip»]) - USER «user»: Login successful.",
    // Into an area for everybody; the name is the one the server is set up with.
    "«w» («*»[«ip»]) - ANON «user»: Login successful.",
  ),
  ...refused(pureFtpd, "(«w»@«ip») [WARNING] Authentication failed for user [«user»]"),
  ...accepted(pureFtpd, "(«w»@«ip») [INFO] «user» is now logged in"),
  ...accepted(
    samba,
    "Auth: [«*»] user [«*»]\\[«user»] at [«*»] with [«*»] status [NT_STATUS_OK] workstation «*» remote host [ipv4:«ip»] ",
    "Auth: [«*»] user [«*»]\\[«user»] at [«*»] with [«*»] status [NT_STATUS_OK] workstation «*» remote host [ipv6:«ip»] ",
  ),
  ...refused(
    samba,
    "Auth: [«*»] user [«*»]\\[«user»] at [«*»] with [«*»] status [NT_STATUS_«reason»] workstation «*» remote host [ipv4:«ip»] ",
    "Auth: [«*»] user [«*»]\\[«user»] at [«*»] with [«*»] status [NT_STATUS_«reason»] workstation «*» remote host [ipv6:«ip»] ",
  ),
  ...lines(
    samba,
    audited("smb.file_read", "read"),
    "«account»|«ip»|«w»|«share»|open|ok|r|«file»",
    "«account»|«ip»|«w»|«share»|openat|ok|r|«file»",
    "«account»|«ip»|«w»|«share»|pread|ok|«file»",
    "«account»|«ip»|«w»|«share»|pread_send|ok|«file»",
    "«account»|«ip»|«w»|«share»|sendfile|ok|«file»",
    "«account»|«ip»|«share»|open|ok|r|«file»",
    "«account»|«ip»|«share»|openat|ok|r|«file»",
    "«account»|«ip»|«share»|pread|ok|«file»",
    "«account»|«ip»|«share»|pread_send|ok|«file»",
    "«account»|«ip»|«share»|sendfile|ok|«file»",
    "«account»|«ip»|open|ok|r|«file»",
    "«account»|«ip»|openat|ok|r|«file»",
    "«account»|«ip»|pread|ok|«file»",
    "«account»|«ip»|pread_send|ok|«file»",
    "«account»|«ip»|sendfile|ok|«file»",
  ),
  ...lines(
    samba,
    audited("smb.file_written", "write"),
    "«account»|«ip»|«w»|«share»|open|ok|w|«file»",
    "«account»|«ip»|«w»|«share»|openat|ok|w|«file»",
    "«account»|«ip»|«w»|«share»|pwrite|ok|«file»",
    "«account»|«ip»|«w»|«share»|pwrite_send|ok|«file»",
    "«account»|«ip»|«w»|«share»|rename|ok|«file»",
    "«account»|«ip»|«w»|«share»|renameat|ok|«file»",
    "«account»|«ip»|«share»|open|ok|w|«file»",
    "«account»|«ip»|«share»|openat|ok|w|«file»",
    "«account»|«ip»|«share»|pwrite|ok|«file»",
    "«account»|«ip»|«share»|pwrite_send|ok|«file»",
    "«account»|«ip»|«share»|rename|ok|«file»",
    "«account»|«ip»|«share»|renameat|ok|«file»",
    "«account»|«ip»|open|ok|w|«file»",
    "«account»|«ip»|openat|ok|w|«file»",
    "«account»|«ip»|pwrite|ok|«file»",
    "«account»|«ip»|pwrite_send|ok|«file»",
    "«account»|«ip»|rename|ok|«file»",
    "«account»|«ip»|renameat|ok|«file»",
  ),
];
