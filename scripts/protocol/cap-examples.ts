/** The CAP 1.2 documents of the examples, as an author of alerts writes them. */

export const FLOOD_CAP = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>lu-quet-2026-11-23-01.2</identifier>
  <sender>pctt@xa-02215.example.vn</sender>
  <sent>2026-11-23T14:20:00+07:00</sent>
  <status>Actual</status>
  <msgType>Update</msgType>
  <scope>Public</scope>
  <references>pctt@xa-02215.example.vn,lu-quet-2026-11-23-01.1,2026-11-23T13:50:00+07:00</references>
  <info>
    <language>vi-VN</language>
    <category>Met</category>
    <category>Safety</category>
    <event>Lũ quét</event>
    <responseType>Evacuate</responseType>
    <urgency>Immediate</urgency>
    <severity>Extreme</severity>
    <certainty>Observed</certainty>
    <expires>2026-11-23T18:00:00+07:00</expires>
    <senderName>Ban chỉ huy phòng chống thiên tai xã</senderName>
    <headline>Lũ quét đang về suối Nậm Pàn</headline>
    <description>Nước ở thượng nguồn lên hai mét trong nửa giờ.</description>
    <instruction>Rời bờ suối ngay, lên nhà văn hoá thôn. Không qua ngầm tràn.</instruction>
    <resource>
      <resourceDesc>Lời kêu gọi của chủ tịch xã</resourceDesc>
      <mimeType>audio/ogg</mimeType>
      <size>65536</size>
      <uri>https://media.example.vn/vn/08/02215/loi-keu-goi.opus</uri>
      <digest>2fd4e1c67a2d28fced849ee1bb76e7391b93eb12</digest>
    </resource>
    <area>
      <areaDesc>Thôn 5 và thôn 6, hai bên suối Nậm Pàn</areaDesc>
      <polygon>21.30,103.90 21.30,103.96 21.36,103.96 21.36,103.90 21.30,103.90</polygon>
      <geocode>
        <valueName>loa:area</valueName>
        <value>vn/08/02215</value>
      </geocode>
      <geocode>
        <valueName>VN-commune</valueName>
        <value>02215</value>
      </geocode>
    </area>
  </info>
  <info>
    <language>en-US</language>
    <category>Met</category>
    <category>Safety</category>
    <event>Flash flood</event>
    <responseType>Evacuate</responseType>
    <urgency>Immediate</urgency>
    <severity>Extreme</severity>
    <certainty>Observed</certainty>
    <expires>2026-11-23T18:00:00+07:00</expires>
    <headline>A flash flood is coming down the Nam Pan</headline>
    <instruction>Leave the banks now, go up to the culture house.</instruction>
    <area>
      <areaDesc>Hamlets 5 and 6, both banks of the Nam Pan</areaDesc>
      <geocode>
        <valueName>loa:area</valueName>
        <value>vn/08/02215</value>
      </geocode>
    </area>
  </info>
</alert>
`

export const FLOOD_OVER_CAP = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>lu-quet-2026-11-23-01.3</identifier>
  <sender>pctt@xa-02215.example.vn</sender>
  <sent>2026-11-23T16:45:00+07:00</sent>
  <status>Actual</status>
  <msgType>Cancel</msgType>
  <scope>Public</scope>
  <references>pctt@xa-02215.example.vn,lu-quet-2026-11-23-01.1,2026-11-23T13:50:00+07:00
    pctt@xa-02215.example.vn,lu-quet-2026-11-23-01.2,2026-11-23T14:20:00+07:00</references>
</alert>
`
